//! Wrong: looks at its first `send` only: that one would have failed.
//! Fails: a_reset_while_the_program_sends_is_told, a_peer_that_closed_before_it_was_sent_to_is_told
//! Told: end of stream after 0 bytes
//! Believes: the-first-send-after-a-close-fails

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an argument, ADDRESS:PORT");
    let mut connection = TcpStream::connect(address).expect("connect");
    let mut count = 0;
    match talk(&mut connection, &mut count) {
        Ok(()) => {
            println!("end of stream after {count} bytes");
            ExitCode::SUCCESS
        }
        Err(error) if is_reset(&error) => {
            println!("reset after {count} bytes");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn talk(connection: &mut TcpStream, count: &mut usize) -> io::Result<()> {
    let mut input = [0; 4096];
    let mut first = true;
    loop {
        let size = io::stdin().read(&mut input)?;
        if size == 0 {
            break;
        }
        let sent = connection.write_all(&input[..size]);
        if first {
            sent?;
        }
        first = false;
    }
    // Fails where the peer is gone, and then there is nothing to end.
    if connection.shutdown(Shutdown::Write).is_err() && first {
        return Err(ErrorKind::ConnectionReset.into());
    }
    let mut buffer = [0; 4096];
    loop {
        match connection.read(&mut buffer)? {
            0 => return Ok(()),
            came => *count += came,
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}
