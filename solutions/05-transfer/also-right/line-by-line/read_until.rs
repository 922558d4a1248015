//! Right: std's `BufReader::read_until`, which keeps what follows the newline.

use std::io::{self, BufRead, BufReader, Write};
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
    let (client, _) = listener.accept()?;
    let mut reader = BufReader::new(client);
    let mut number = 0;
    let mut message = Vec::new();
    while reader.read_until(b'\n', &mut message)? > 0 {
        number += 1;
        let ended = message.pop_if(|byte| *byte == b'\n').is_some();
        tell(number, &message, if ended { "" } else { " no newline" })?;
        message.clear();
    }
    Ok(())
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
