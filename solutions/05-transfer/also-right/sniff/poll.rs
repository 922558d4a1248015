//! Right: waits in `poll`, takes what is there, and writes it out itself.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

const BEGINNINGS: [(&[u8], &str); 6] = [
    (b"\x16\x03", "tls"),
    (b"SSH-", "ssh"),
    (b"GET ", "http"),
    (b"PUT ", "http"),
    (b"HEAD ", "http"),
    (b"POST ", "http"),
];

pub fn main() -> ExitCode {
    let input = io::stdin().as_fd().try_clone_to_owned();
    match run(input.expect("a copy of descriptor 0")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("connection: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(connection: OwnedFd) -> io::Result<()> {
    let mut connection = TcpStream::from(connection);
    let mut buffer = [0; 5000];
    let mut seen = Vec::new();
    let mut told = false;
    loop {
        let mut look = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
        poll(&mut look, PollTimeout::NONE)?;
        let count = connection.read(&mut buffer)?;
        seen.extend_from_slice(&buffer[..count]);
        let name = match decide(&seen) {
            None if count == 0 => Some("unknown"),
            name => name,
        };
        let mut out = io::stdout();
        if let (false, Some(name)) = (told, name) {
            connection.write_all(format!("{name}\n").as_bytes())?;
            told = true;
            out.write_all(&seen)?;
        } else if told {
            out.write_all(&buffer[..count])?;
        }
        out.flush()?;
        if count == 0 {
            return Ok(());
        }
    }
}

/// None: the next byte is needed.
fn decide(bytes: &[u8]) -> Option<&'static str> {
    for (beginning, name) in BEGINNINGS {
        if bytes.starts_with(beginning) {
            return Some(name);
        }
        if beginning.starts_with(bytes) {
            return None;
        }
    }
    Some("unknown")
}
