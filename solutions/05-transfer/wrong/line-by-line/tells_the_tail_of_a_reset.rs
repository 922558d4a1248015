//! Wrong: fails after a reset, but tells of the unfinished message first.
//! Fails: a_reset_is_no_end_of_the_stream
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
        let count = match client.read(&mut buffer) {
            Ok(count) => count,
            Err(error) => {
                tell(number + 1, &kept, " no newline")?;
                return Err(error);
            }
        };
        if count == 0 {
            if !kept.is_empty() {
                tell(number + 1, &kept, " no newline")?;
            }
            return Ok(());
        }
        kept.extend_from_slice(&buffer[..count]);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            number += 1;
            tell(number, &kept[..at], "")?;
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
