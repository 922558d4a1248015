//! Right: keeps a duplicate, a second descriptor of the same socket.

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
    let (line, mut sender) = fetch(&args[0])?;
    let mut receiver = TcpStream::connect(&args[1])?;
    receiver.write_all(&line)?;
    sender.write_all(b"delivered\n")?;
    drop(sender);
    receiver.read_to_end(&mut Vec::new())?;
    Ok(())
}

fn fetch(address: &str) -> io::Result<(Vec<u8>, TcpStream)> {
    let mut connection = TcpStream::connect(address)?;
    let mut line = Vec::new();
    let mut byte = [0];
    while !line.ends_with(b"\n") {
        connection.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    connection.try_clone().map(|twin| (line, twin))
}
