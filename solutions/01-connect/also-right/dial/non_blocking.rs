//! Right: does not wait in connect, but in poll, and asks for the outcome.

use std::env;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, SockaddrIn6, connect,
    getsockopt, socket, sockopt,
};

pub fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_default().parse()?;
    let (line, code) = match attempt(address) {
        Ok(()) => (format!("connected to {address}"), 0),
        Err(Errno::ECONNREFUSED) => {
            (format!("ECONNREFUSED: nobody listens at {address}"), 3)
        }
        Err(Errno::ENETUNREACH) => {
            (format!("ENETUNREACH: no way to {address}"), 4)
        }
        Err(errno) => (format!("{errno:?}: no connection to {address}"), 1),
    };
    println!("{line}");
    Ok(code)
}

fn attempt(address: SocketAddr) -> nix::Result<()> {
    let (kind, none) = (SockType::Stream, SockFlag::empty());
    let family = if address.is_ipv4() {
        AddressFamily::Inet
    } else {
        AddressFamily::Inet6
    };
    let client = socket(family, kind, none, None)?;
    fcntl(&client, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    let begun = match address {
        SocketAddr::V4(v4) => {
            connect(client.as_raw_fd(), &SockaddrIn::from(v4))
        }
        SocketAddr::V6(v6) => {
            connect(client.as_raw_fd(), &SockaddrIn6::from(v6))
        }
    };
    if begun != Err(Errno::EINPROGRESS) {
        return begun;
    }
    let mut wait = [PollFd::new(client.as_fd(), PollFlags::POLLOUT)];
    poll(&mut wait, PollTimeout::NONE)?;
    match getsockopt(&client, sockopt::SocketError)? {
        0 => Ok(()),
        number => Err(Errno::from_raw(number)),
    }
}
