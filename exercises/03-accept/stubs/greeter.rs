//! greeter: greet each client by its number, one after another, for ever.
//!
//! Starts from: chapters/03-accept/src/bin/accept.rs, which takes three
//! clients and ends. This one takes any number, and none may end it.
//! `sys::accept` is there as in the chapters.
//!
//! Task: exercises/03-accept/README.md
//! Check: cargo lab check greeter

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

fn main() -> ExitCode {
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
    greet_for_ever(&listener)
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(16)?)?;
    Ok(listener)
}

fn greet_for_ever(listener: &OwnedFd) -> Result<()> {
    // TODO: take the next client, send it `you are client 1` (2, 3, …) and a
    // newline, close its connection, and go on with the next one.
    // TODO: which failures are one client's own, and must not end the server?
    todo!("greet the clients of descriptor {}", listener.as_raw_fd())
}
