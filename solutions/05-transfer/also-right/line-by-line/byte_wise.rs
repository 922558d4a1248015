//! Right: one call for each byte, so nothing is ever left over.

use std::io::{self, Read, Write};
use std::net::TcpListener;
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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (mut client, _) = listener.accept()?;
    let mut number = 1;
    let mut message = Vec::new();
    let mut byte = [0];
    while client.read(&mut byte)? > 0 {
        if byte != *b"\n" {
            message.push(byte[0]);
            continue;
        }
        tell(number, &message, "")?;
        message.clear();
        number += 1;
    }
    if !message.is_empty() {
        tell(number, &message, " no newline")?;
    }
    Ok(())
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
