//! Wrong: waits for a full buffer of 4,096 bytes before it looks for a newline.
//! Fails: a_message_is_told_before_the_next_one_comes
//! Told: is still in recv
//! Believes: recv-fills-the-buffer

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
    let mut kept = Vec::new();
    loop {
        let mut block = Vec::new();
        (&mut client).take(4096).read_to_end(&mut block)?;
        kept.extend_from_slice(&block);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            number += 1;
            tell(number, &kept[..at], "")?;
            kept.drain(..=at);
        }
        if block.len() < 4096 {
            break;
        }
    }
    if !kept.is_empty() {
        tell(number + 1, &kept, " no newline")?;
    }
    Ok(())
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
