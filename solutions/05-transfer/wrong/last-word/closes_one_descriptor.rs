//! Wrong: closes a copy of the descriptor in order to end one direction.
//! Fails: the_answer_after_the_end_of_the_input_is_counted, no_input_and_no_answer_are_an_end_of_stream_too, a_long_input_arrives_to_its_last_byte, a_reset_while_the_program_reads_is_told
//! Told: the peer hears the end of the stream
//! Believes: close-and-shutdown-are-the-same

use std::env;
use std::io::{self, ErrorKind, Read};
use std::net::TcpStream;
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
    let mut sending = connection.try_clone()?;
    io::copy(&mut io::stdin(), &mut sending)?;
    drop(sending);
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
