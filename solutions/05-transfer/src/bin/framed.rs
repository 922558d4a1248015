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
//! Check: cargo test -p sol-05-transfer --test framed
//!
//! One of several solutions; std's `read_exact` and `write_all` would do as
//! well.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, recv, send, socket,
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
    let mut header = [0; 4];
    match fill(client, &mut header).context("recv")? {
        0 => return Ok(None),
        4 => {}
        count => bail!("the stream ends after {count} bytes of a length"),
    }
    let length = u32::from_be_bytes(header);
    // Before any of the payload is read, and before there is a buffer for it:
    // four bytes of a stranger must not cost this process gigabytes.
    ensure!(length <= LONGEST, "a payload of {length} bytes is too long");
    let mut payload = vec![0; length as usize];
    let count = fill(client, &mut payload).context("recv")?;
    ensure!(
        count == payload.len(),
        "the stream ends after {count} of {length} bytes of a payload"
    );
    Ok(Some(payload))
}

/// Receives until `buffer` is full or the stream ends. Gives how many bytes
/// came.
fn fill(client: &OwnedFd, buffer: &mut [u8]) -> nix::Result<usize> {
    let mut count = 0;
    // An empty buffer is full from the start. `recv` with no room would wait
    // for a byte, or return a 0 that is no end of the stream.
    while count < buffer.len() {
        let rest = &mut buffer[count..];
        match recv(client.as_raw_fd(), rest, MsgFlags::empty()) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(count)
}

/// Sends `payload` as one frame.
fn send_frame(client: &OwnedFd, payload: &[u8]) -> Result<()> {
    let length = u32::try_from(payload.len())?;
    // One buffer for both, so that no segment leaves with a bare length.
    let frame = [&length.to_be_bytes(), payload].concat();
    send_all(client, &frame).context("send")
}

/// A short count is no failure: the rest is still ours to send.
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
