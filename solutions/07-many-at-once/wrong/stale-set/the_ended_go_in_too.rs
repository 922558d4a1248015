//! Wrong: puts the servers that have ended into the new set as well.
//! Fails: a_server_that_has_ended_keeps_nobody_awake
//! Told: processor
//! Believes: zero-is-nothing-yet

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::select::{FdSet, select};

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
    let mut ended = vec![false; servers.len()];
    while ended.contains(&false) {
        let mut set = FdSet::new();
        for server in &servers {
            set.insert(server.as_fd());
        }
        select(None, &mut set, None, None, None)?;
        for (server, ended) in servers.iter().zip(&mut ended) {
            if set.contains(server.as_fd()) {
                *ended = copy_some(server)? == 0;
            }
        }
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
