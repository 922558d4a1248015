//! Wrong: makes text of the bytes before it prints them.
//! Fails: every_byte_is_printed_as_it_came
//! Told: expected: standard output is

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut connection = TcpStream::connect(&args[0])?;
    connection.write_all(format!("{}\n", args[1]).as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    print!("{}", String::from_utf8_lossy(&answer));
    Ok(())
}
