//! Wrong: reads lines of text, so bytes that are no text are a failure.
//! Fails: any_bytes_arrive_and_are_counted
//! Told: expected: the peer hears

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
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
    let address = env::args().nth(1).unwrap_or_default();
    let mut peer = TcpStream::connect(address)?;
    let mut total = 0;
    for line in io::stdin().lines() {
        let line = line? + "\n";
        peer.write_all(line.as_bytes())?;
        total += line.len();
    }
    peer.shutdown(Shutdown::Write)?;
    peer.read_to_end(&mut Vec::new())?;
    println!("sent {total} bytes");
    Ok(())
}
