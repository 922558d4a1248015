//! Wrong: removes all white space at the end of a message, not the newline alone.
//! Fails: bytes_that_are_no_text_come_through
//! Told: expected: standard output is

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
    let mut number = 0;
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            if !kept.is_empty() {
                tell(number + 1, &kept, " no newline")?;
            }
            return Ok(());
        }
        kept.extend_from_slice(&buffer[..count]);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            number += 1;
            tell(number, kept[..at].trim_ascii_end(), "")?;
            kept.drain(..=at);
        }
    }
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
