//! Right: waits in `poll` for room and sends without blocking what fits.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
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
    let address = env::args().nth(1).unwrap_or_default();
    let mut peer = TcpStream::connect(address)?;
    peer.set_nonblocking(true)?;
    let mut buffer = [0; 8192];
    let mut total = 0;
    loop {
        let count = io::stdin().lock().read(&mut buffer)?;
        let mut sent = 0;
        while sent < count {
            match peer.write(&buffer[sent..count]) {
                Ok(more) => sent += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&peer, PollFlags::POLLOUT)?;
                }
                Err(error) => return Err(error),
            }
        }
        total += count;
        if count == 0 {
            break;
        }
    }
    peer.shutdown(Shutdown::Write)?;
    loop {
        match peer.read(&mut buffer) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(&peer, PollFlags::POLLIN)?;
            }
            Err(error) => return Err(error),
        }
    }
    println!("sent {total} bytes");
    Ok(())
}

fn wait(peer: &TcpStream, events: PollFlags) -> io::Result<()> {
    poll(&mut [PollFd::new(peer.as_fd(), events)], PollTimeout::NONE)?;
    Ok(())
}
