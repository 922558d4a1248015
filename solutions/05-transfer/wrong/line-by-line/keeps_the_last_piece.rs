//! Wrong: keeps only the last piece of a message that has no end yet.
//! Fails: a_message_in_many_pieces_is_one
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
        let piece = [&kept[..], &buffer[..count]].concat();
        if !piece.contains(&b'\n') {
            kept = buffer[..count].to_vec();
            continue;
        }
        let mut parts: Vec<&[u8]> = piece.split(|b| *b == b'\n').collect();
        let rest = parts.pop().unwrap_or_default().to_vec();
        for message in parts {
            number += 1;
            tell(number, message, "")?;
        }
        kept = rest;
    }
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
