//! who-waits: say that a client is waiting, and let it in when told to.
//!
//! Starts from: chapters/07-many-at-once/src/bin/select.rs, which accepts each
//! client as soon as `select` reports one. This one only says so, leaves the
//! client in the queue until a line comes from standard input, and sleeps in
//! between. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo lab check who-waits

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

const USAGE: &str = "usage: ex-who-waits
example: ex-who-waits";

fn main() -> ExitCode {
    if env::args().len() > 1 {
        eprintln!("{USAGE}");
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
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    writeln!(io::stdout(), "listening on {address}")?;
    keep_the_door(&listener)
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(64)?)?;
    Ok(listener)
}

/// Returns at the end of standard input.
fn keep_the_door(listener: &OwnedFd) -> Result<()> {
    // TODO: wait for a line and for a client at the same time. A client that
    // you have left in the queue is still there when you wait again.
    // TODO: a client is there: print `a client is waiting`, once.
    // TODO: a line is there: let one client in and print `let in` and its
    // address, or print `nobody is waiting`. How much of the input can you
    // read without waiting for more, and how many lines is that?
    todo!("keep the door of descriptor {}", listener.as_raw_fd())
}
