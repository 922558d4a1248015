//! Wrong: makes the set anew only when a server has ended.
//! Fails: a_server_that_was_quiet_is_heard_when_it_speaks
//! Told: the program prints the line

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
    let mut set = FdSet::new();
    for server in &servers {
        set.insert(server.as_fd());
    }
    while ended.contains(&false) {
        let mut anew = false;
        select(None, &mut set, None, None, None)?;
        for (server, ended) in servers.iter().zip(&mut ended) {
            if set.contains(server.as_fd()) {
                *ended = copy_some(server)? == 0;
                anew |= *ended;
            }
        }
        for (server, ended) in servers.iter().zip(&ended) {
            if anew && !ended {
                set.insert(server.as_fd());
            } else if anew {
                set.remove(server.as_fd());
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
