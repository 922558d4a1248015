//! Right: one thread receives, another one cuts and prints, and the end comes through the channel.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

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
    let (pieces, received) = channel();
    let printing = thread::spawn(move || print_messages(received));
    let mut buffer = vec![0; 1000];
    loop {
        let result = client.read(&mut buffer);
        let end = !matches!(result, Ok(1..));
        let piece = result.map(|count| buffer[..count].to_vec());
        let _ = pieces.send(piece);
        if end {
            return printing.join().unwrap();
        }
    }
}

fn print_messages(pieces: Receiver<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut number = 0;
    let mut kept = Vec::new();
    for piece in pieces {
        let piece = piece?;
        if piece.is_empty() {
            break;
        }
        kept.extend(piece);
        let rest = kept.rsplit(|byte| *byte == b'\n').next();
        let rest = rest.map_or(0, <[u8]>::len);
        let whole = kept.len() - rest;
        for message in kept[..whole].split_inclusive(|byte| *byte == b'\n') {
            number += 1;
            tell(number, &message[..message.len() - 1], "")?;
        }
        kept.drain(..whole);
    }
    if kept.is_empty() {
        return Ok(());
    }
    tell(number + 1, &kept, " no newline")
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
