//! Right: waits in `poll` and reads without blocking, with a state for each part of a frame.

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
    let mut wanted = 4;
    let mut frame = Vec::new();
    loop {
        if frame.len() == wanted {
            if wanted == 4 {
                let length = u32::from_be_bytes(frame[..].try_into().unwrap());
                if length > 65_536 {
                    return Err(io::Error::other(format!("length {length}")));
                }
                wanted += length as usize;
            }
            if frame.len() == wanted {
                frame[4..].reverse();
                client.set_nonblocking(false)?;
                client.write_all(&frame)?;
                client.set_nonblocking(true)?;
                frame.clear();
                wanted = 4;
            }
            continue;
        }
        let mut buffer = vec![0; wanted - frame.len()];
        match client.read(&mut buffer) {
            Ok(0) if frame.is_empty() => return Ok(()),
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => frame.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                let mut fds = [PollFd::new(client.as_fd(), PollFlags::POLLIN)];
                poll(&mut fds, PollTimeout::NONE)?;
            }
            Err(error) => return Err(error),
        }
    }
}
