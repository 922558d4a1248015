//! Right: std's TcpStream owns the descriptor, so no number is ever kept.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
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
    let mut sender = BufReader::new(TcpStream::connect(&args[0])?);
    let mut line = String::new();
    sender.read_line(&mut line)?;
    let mut receiver = TcpStream::connect(&args[1])?;
    receiver.write_all(line.as_bytes())?;
    sender.into_inner().write_all(b"delivered\n")?;
    receiver.read_to_end(&mut Vec::new())?;
    Ok(())
}
