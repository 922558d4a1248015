//! Wrong: writes into a buffer that is written out at the end.
//! Fails: a_message_is_told_before_the_next_one_comes
//! Told: expected: the program prints the line

use std::io::{self, BufWriter, Read, Write};
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
    let mut out = BufWriter::new(io::stdout());
    let mut number = 0;
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            if !kept.is_empty() {
                tell(&mut out, number + 1, &kept, " no newline")?;
            }
            return out.flush();
        }
        kept.extend_from_slice(&buffer[..count]);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            number += 1;
            tell(&mut out, number, &kept[..at], "")?;
            kept.drain(..=at);
        }
    }
}

fn tell(
    out: &mut impl Write,
    number: u64,
    message: &[u8],
    end: &str,
) -> io::Result<()> {
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
