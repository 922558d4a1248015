//! Wrong: reads the whole stream before it looks for a newline.
//! Fails: a_message_is_told_before_the_next_one_comes
//! Told: is still in recv

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
    let mut all = Vec::new();
    client.read_to_end(&mut all)?;
    let mut number = 0;
    for line in all.split_inclusive(|byte| *byte == b'\n') {
        number += 1;
        match line.strip_suffix(b"\n") {
            Some(message) => tell(number, message, "")?,
            None => tell(number, line, " no newline")?,
        }
    }
    Ok(())
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
