//! dropped: watch over one client while another one talks.
//!
//! The first client is the watcher. It hears nothing, and its connection stays
//! open as long as the server is at work. The second client is the talker: it
//! gets each of its bytes back until it ends its stream. Then the program ends.
//!
//! Task: exercises/03-accept/README.md
//! Check: cargo lab check dropped

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

    // Of the watcher we need nothing but its address.
    let (_, address) = next_client(&listener)?;
    writeln!(io::stdout(), "watcher: {address}")?;

    let (talker, address) = next_client(&listener)?;
    writeln!(io::stdout(), "talker: {address}")?;
    send_back(&talker).context("the talker")
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(8)?)?;
    Ok(listener)
}

/// Waits until the queue holds a connection and takes the oldest one out.
fn next_client(listener: &OwnedFd) -> Result<(OwnedFd, SockaddrStorage)> {
    loop {
        match sys::accept(listener) {
            // Neither says anything about the next client.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            taken => return taken.context("accept"),
        }
    }
}

/// Sends back what comes, to the end of the client's stream.
fn send_back(client: &OwnedFd) -> nix::Result<()> {
    let fd = client.as_raw_fd();
    let mut buffer = [0; 512];
    loop {
        let count = recv(fd, &mut buffer, MsgFlags::empty())?;
        if count == 0 {
            return Ok(());
        }
        let mut bytes = &buffer[..count];
        while !bytes.is_empty() {
            let sent = send(fd, bytes, sys::MSG_NOSIGNAL)?;
            bytes = &bytes[sent..];
        }
    }
}
