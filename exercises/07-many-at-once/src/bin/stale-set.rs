//! stale-set: copy what several servers send, whoever sends first.
//!
//! It connects to each server and prints what comes from any of them, as soon
//! as it comes, until every server has ended its stream. A server that is quiet
//! for a while holds nobody up, and is heard when it speaks.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo lab check stale-set

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, recv,
    socket,
};

const USAGE: &str = "usage: ex-stale-set ADDRESS:PORT...
example: ex-stale-set 127.0.0.1:5555 127.0.0.1:5556";

fn main() -> ExitCode {
    let addresses: Option<Vec<SocketAddrV4>> =
        env::args().skip(1).map(|word| word.parse().ok()).collect();
    let Some(addresses) = addresses.filter(|all| !all.is_empty()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&addresses) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(addresses: &[SocketAddrV4]) -> Result<()> {
    let mut servers = Vec::new();
    for address in addresses {
        let (family, kind) = (AddressFamily::Inet, SockType::Stream);
        let server = socket(family, kind, SockFlag::empty(), None)?;
        connect(server.as_raw_fd(), &SockaddrIn::from(*address))
            .with_context(|| format!("connect to {address}"))?;
        servers.push(server);
    }
    copy_all(&servers)
}

/// Copies what the servers send to standard output, until all have ended.
fn copy_all(servers: &[OwnedFd]) -> Result<()> {
    let highest = servers.iter().map(AsRawFd::as_raw_fd).max();
    let nfds = highest.map_or(0, |highest| highest + 1);
    let mut ended = vec![false; servers.len()];
    let mut set = FdSet::new();
    for server in servers {
        set.insert(server.as_fd());
    }
    while ended.contains(&false) {
        match select(nfds, &mut set, None, None, None) {
            Err(Errno::EINTR) => continue,
            count => count.context("select")?,
        };
        for (server, ended) in servers.iter().zip(&mut ended) {
            if set.contains(server.as_fd()) && !copy_some(server)? {
                *ended = true;
                set.remove(server.as_fd());
            }
        }
    }
    Ok(())
}

/// Copies what is there. Returns false at the end of the stream.
fn copy_some(server: &OwnedFd) -> Result<bool> {
    let mut buffer = [0; 4096];
    let fd = server.as_raw_fd();
    let count = recv(fd, &mut buffer, MsgFlags::empty()).context("recv")?;
    let mut out = io::stdout();
    out.write_all(&buffer[..count])?;
    // Standard output keeps a line back until its end has come.
    out.flush()?;
    Ok(count > 0)
}
