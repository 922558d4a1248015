//! open-port: open a port with a given backlog, and take one client for each
//! line on standard input.
//!
//! Starts from: the server of chapters/02-listen/src/bin/restart.rs, which
//! takes one client as soon as it comes, and ends. This one takes a client
//! only when a line has come, and ends with its standard input.
//! `sys::accept` is there as in the chapters.
//!
//! Task: exercises/02-listen/README.md
//! Check: cargo lab check open-port

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{SockaddrIn, getsockname};

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
    // TODO: which call goes between `socket` and `bind`, so that the server
    // can be started again at once?
    todo!("listen on port {port} with a backlog of {backlog}")
}

/// Takes a client for each line of standard input, until that ends.
fn take_one_for_each_line(listener: &OwnedFd) -> Result<()> {
    // TODO: wait for a line, take a client, close its connection.
    todo!("take the clients of descriptor {}", listener.as_raw_fd())
}
