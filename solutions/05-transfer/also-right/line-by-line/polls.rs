//! Right: waits in `poll` and reads without blocking until there is nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
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
    client.set_nonblocking(true)?;
    let mut number = 0;
    let mut kept = Vec::new();
    let mut buffer = [0; 700];
    loop {
        match client.read(&mut buffer) {
            Ok(0) if kept.is_empty() => return Ok(()),
            Ok(0) => return tell(number + 1, &kept, " no newline"),
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut fds = [PollFd::new(client.as_fd(), PollFlags::POLLIN)];
                poll(&mut fds, PollTimeout::NONE)?;
            }
            Err(error) => return Err(error),
        }
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
