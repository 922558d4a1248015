//! Wrong: reads until a `read` gives nothing, for whatever reason.
//! Fails: a_reset_while_the_program_reads_is_told
//! Told: end of stream after

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
    while let Ok(came) = connection.read(&mut buffer)
        && came > 0
    {
        *count += came;
    }
    Ok(())
}

fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}
