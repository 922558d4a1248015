//! Right: `poll`, which leaves its question alone; a server that has ended is closed.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut servers = Vec::new();
    for address in env::args().skip(1) {
        servers.push(TcpStream::connect(address)?);
    }
    while !servers.is_empty() {
        let wanted = |server| PollFd::new(server, PollFlags::POLLIN);
        let fds = servers.iter().map(AsFd::as_fd);
        let mut fds: Vec<_> = fds.map(wanted).collect();
        poll(&mut fds, PollTimeout::NONE)?;
        let ready: Vec<_> =
            fds.iter().map(|fd| fd.any() == Some(true)).collect();
        let mut left = Vec::new();
        for (server, ready) in servers.into_iter().zip(ready) {
            if !ready || copy_some(&server)? > 0 {
                left.push(server);
            }
        }
        servers = left;
    }
    Ok(())
}

fn copy_some(mut server: &TcpStream) -> Result<usize> {
    let mut buffer = [0; 4096];
    let count = server.read(&mut buffer)?;
    io::stdout().write_all(&buffer[..count])?;
    io::stdout().flush()?;
    Ok(count)
}
