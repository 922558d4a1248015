//! open-port: open a port with a given backlog, and take one client for each
//! line on standard input.
//!
//! Starts from: the server of chapters/02-listen/src/bin/restart.rs, which
//! takes one client as soon as it comes, and ends. This one takes a client
//! only when a line has come, and ends with its standard input.
//! `sys::accept` is there as in the chapters.
//!
//! Task: exercises/02-listen/README.md
//! Check: cargo test -p sol-02-listen --test open-port
//!
//! One of several solutions; a std listener, with a second call of `listen`
//! for the backlog, would do as well.

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, setsockopt, socket, sockopt,
};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [port, backlog] = &args[..] else {
        eprintln!("usage: open-port PORT BACKLOG");
        return ExitCode::from(2);
    };
    let (Ok(port), Ok(backlog)) = (port.parse(), backlog.parse()) else {
        eprintln!("{port} or {backlog} is not a number as it should be");
        return ExitCode::from(2);
    };
    match run(port, backlog) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(port: u16, backlog: i32) -> Result<()> {
    let listener = listening_socket(port, backlog)?;
    let address: SockaddrIn =
        getsockname(listener.as_raw_fd()).context("getsockname")?;
    let mut out = io::stdout();
    writeln!(out, "listening on {address}")
        .context("write to standard output")?;
    out.flush().context("write to standard output")?;
    take_one_for_each_line(&listener)
}

/// Makes a socket that listens on `port` of 127.0.0.1 with that backlog.
fn listening_socket(port: u16, backlog: i32) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    // Before bind, the call that looks at it. The connections that this server
    // leaves in TIME-WAIT inherit it, and so the next server gets the port.
    setsockopt(&listener, sockopt::ReuseAddr, &true).context("setsockopt")?;
    // 127.0.0.1 and not the wildcard: clients of this machine alone.
    let address = SockaddrIn::new(127, 0, 0, 1, port);
    bind(listener.as_raw_fd(), &address)
        .with_context(|| format!("bind {address}"))?;
    let backlog = Backlog::new(backlog).context("make a backlog")?;
    // Where two sockets with the option have the port and neither listens
    // yet, it is this call that refuses the second one.
    listen(&listener, backlog)
        .with_context(|| format!("listen on {address}"))?;
    Ok(listener)
}

/// Takes a client for each line of standard input, until that ends.
fn take_one_for_each_line(listener: &OwnedFd) -> Result<()> {
    // Sleeps in read for a line, and in accept for a client, one after the
    // other. Meanwhile the kernel fills the queue.
    for line in io::stdin().lines() {
        line.context("read standard input")?;
        let (client, _) = sys::accept(listener).context("accept")?;
        // Taken and let go: its place in the queue is free.
        drop(client);
    }
    // Dropping the listening socket ends what still waits in its queue.
    Ok(())
}
