//! Wrong: leaves it to `read` to find out that the peer is gone.
//! Fails: a_reset_while_the_program_sends_is_told, a_peer_that_closed_before_it_was_sent_to_is_told
//! Told: end of stream after 0 bytes

use std::env;
use std::io::{self, ErrorKind, Read};
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
    let _ = io::copy(&mut io::stdin(), connection);
    let _ = connection.shutdown(Shutdown::Write);
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
