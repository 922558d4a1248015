//! greeter: greet each client by its number, one after another, for ever.
//!
//! Starts from: chapters/03-accept/src/bin/accept.rs, which takes three
//! clients and ends. This one takes any number, and none may end it.
//!
//! Task: exercises/03-accept/README.md
//! Check: cargo test -p sol-03-accept --test greeter
//!
//! One of several solutions; a thread for each client would do as well.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, send, socket,
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
    for number in 1_u64.. {
        let client = next_client(listener)?;
        // The client may have left; then the failure is its own, and the
        // next one is waiting. MSG_NOSIGNAL keeps a system that would end the
        // process by SIGPIPE from doing so.
        let greeting = format!("you are client {number}\n");
        let _ = send_all(&client, greeting.as_bytes());
        // Dropping `client` here closes the connection.
    }
    Ok(())
}

/// Waits for the next connection. Only failures of the listening socket
/// itself come back.
fn next_client(listener: &OwnedFd) -> Result<OwnedFd> {
    loop {
        match sys::accept(listener) {
            Ok((client, _)) => return Ok(client),
            // A signal, or a client that left while it was in the queue.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            Err(errno) => return Err(errno).context("accept"),
        }
    }
}

/// A short count is not a failure: the rest is still ours to send.
fn send_all(client: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match send(client.as_raw_fd(), bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
