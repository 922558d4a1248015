//! Right: keeps all it has heard, and tells of what is new after each piece.

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

/// Puts the lines of a piece into one `write`.
fn run() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (mut client, _) = listener.accept()?;
    let mut heard = Vec::new();
    let mut told = 0;
    let mut number = 0;
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = client.read(&mut buffer)?;
        heard.extend_from_slice(&buffer[..count]);
        let mut lines = Vec::new();
        while let Some(length) = heard[told..].iter().position(|b| *b == 10) {
            number += 1;
            line(&mut lines, number, &heard[told..told + length], "")?;
            told += length + 1;
        }
        if count == 0 && told < heard.len() {
            line(&mut lines, number + 1, &heard[told..], " no newline")?;
        }
        io::stdout().write_all(&lines)?;
        if count == 0 {
            return Ok(());
        }
    }
}

fn line(
    to: &mut Vec<u8>,
    number: u64,
    message: &[u8],
    end: &str,
) -> io::Result<()> {
    write!(to, "{number}: {} bytes [", message.len())?;
    to.extend_from_slice(message);
    writeln!(to, "]{end}")
}
