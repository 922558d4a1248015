//! Wrong: adds the size of its buffer for each `read`.
//! Fails: the_answer_after_the_end_of_the_input_is_counted
//! Told: end of stream after
//! Believes: recv-fills-the-buffer

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
    io::copy(&mut io::stdin(), connection)?;
    connection.shutdown(Shutdown::Write)?;
    let mut buffer = [0; 4096];
    loop {
        match connection.read(&mut buffer)? {
            0 => return Ok(()),
            _ => *count += buffer.len(),
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}
