//! framed: answer frames, each a length of four bytes and that many bytes of
//! payload, with the payload backwards.
//!
//! Starts from: chapters/05-transfer/src/bin/recv.rs, which takes what one
//! `recv` gives. Here the peer says how much belongs together, so the server
//! reads that much and no more, refuses what is too long before it reads it,
//! and tells an end between two frames from one in the middle.
//! `sys::accept` is there as in the chapters.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check framed

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

/// The longest payload that is read, in bytes.
const LONGEST: u32 = 65_536;

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
    let (client, _) = sys::accept(&listener).context("accept")?;
    while let Some(mut payload) = read_frame(&client)? {
        payload.reverse();
        send_frame(&client, &payload)?;
    }
    Ok(())
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(1)?)?;
    Ok(listener)
}

/// The payload of the next frame; nothing when the peer has ended its stream
/// between two frames. Any other end is a failure, and so is a length over
/// `LONGEST`.
fn read_frame(client: &OwnedFd) -> Result<Option<Vec<u8>>> {
    // TODO: the four bytes of the length, then the payload. How many calls of
    // `recv` may each of the two take?
    // TODO: which of the ends of the stream is none of a frame?
    todo!("read up to {LONGEST} bytes from {}", client.as_raw_fd())
}

/// Sends `payload` as one frame.
fn send_frame(client: &OwnedFd, payload: &[u8]) -> Result<()> {
    // TODO: the length, most significant byte first, and the payload.
    todo!("send {} bytes on {}", payload.len(), client.as_raw_fd())
}
