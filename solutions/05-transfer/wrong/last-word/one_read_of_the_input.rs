//! Wrong: takes one read of its standard input for all of it.
//! Fails: a_long_input_arrives_to_its_last_byte
//! Told: and then the end of the stream

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
    let mut input = vec![0; 65_536];
    let size = io::stdin().read(&mut input)?;
    connection.write_all(&input[..size])?;
    connection.shutdown(Shutdown::Write)?;
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
