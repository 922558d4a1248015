//! Right: looks with MSG_PEEK and then takes no byte behind the newline.

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
    let mut buffer = vec![0; 65_536];
    loop {
        let count = client.peek(&mut buffer)?;
        if count == 0 {
            break;
        }
        let newline = buffer[..count].iter().position(|byte| *byte == b'\n');
        let count = newline.map_or(count, |at| at + 1);
        client.read_exact(&mut buffer[..count])?;
        message.extend_from_slice(&buffer[..count]);
        if newline.is_some() {
            message.pop();
            tell(number, &message, "")?;
            message.clear();
            number += 1;
        }
    }
    if message.is_empty() {
        return Ok(());
    }
    tell(number, &message, " no newline")
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
