//! visitors: a server that lets in one visitor at a time, prints who it is,
//! and waits until it has left.
//!
//! Task: exercises/04-getpeername/README.md
//! Check: cargo lab check visitors

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn,
    SockaddrStorage, bind, getsockname, listen, recv, send, socket,
};

fn main() -> ExitCode {
    if std::env::args().count() > 1 {
        eprintln!("usage: ex-visitors");
        return ExitCode::from(2);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let listener = listening_socket().context("listen on 127.0.0.1")?;
    let own: SockaddrStorage = getsockname(listener.as_raw_fd())?;
    writeln!(io::stdout(), "listening on {own}")?;
    loop {
        let visitor = next_visitor(&listener)?;
        let who: SockaddrStorage =
            getsockname(visitor.as_raw_fd()).context("ask for the address")?;
        writeln!(io::stdout(), "visitor {who}")?;
        see_in_and_out(&visitor);
    }
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(16)?)?;
    Ok(listener)
}

/// Waits for the next visitor. Only failures of the listening socket itself
/// come back.
fn next_visitor(listener: &OwnedFd) -> Result<OwnedFd> {
    loop {
        match sys::accept(listener) {
            Ok((visitor, _)) => return Ok(visitor),
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            Err(errno) => return Err(errno).context("accept"),
        }
    }
}

/// Welcomes a visitor and waits until it says no more. What fails here is the
/// visitor's own business.
fn see_in_and_out(visitor: &OwnedFd) {
    let (fd, mut buffer) = (visitor.as_raw_fd(), [0; 512]);
    if send(fd, b"welcome\n", sys::MSG_NOSIGNAL).is_err() {
        return;
    }
    // More than 0 bytes, or a signal: it is still there.
    while matches!(
        recv(fd, &mut buffer, MsgFlags::empty()),
        Ok(1..) | Err(Errno::EINTR)
    ) {}
}
