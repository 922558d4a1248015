//! line-by-line: take a stream apart into the messages that newlines end, and
//! print each one as soon as it is whole.
//!
//! Starts from: chapters/05-transfer/src/bin/recv.rs, which prints whatever
//! one `recv` gives. This one prints messages, however their bytes arrive,
//! and so keeps what no newline has ended yet.
//! `sys::accept` is there as in the chapters.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check line-by-line

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
    let (client, _) = sys::accept(&listener).context("accept")?;
    let mut kept = Vec::new();
    let mut number = 0;
    while let Some(message) = next_message(&client, &mut kept)? {
        number += 1;
        print(number, &message)?;
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

struct Message {
    bytes: Vec<u8>,
    /// Whether a newline ended it, and not the end of the stream.
    ended: bool,
}

/// The next message of `client`, or nothing at the end of its stream. `kept`
/// holds what was received and belongs to no message yet.
#[allow(clippy::ptr_arg, reason = "what is kept will grow")]
fn next_message(
    client: &OwnedFd,
    kept: &mut Vec<u8>,
) -> Result<Option<Message>> {
    // TODO: where does the message end, and what may be behind its end?
    // TODO: what do you do while no end is there?
    // TODO: at the end of the stream, what if something is left?
    todo!("look at {} bytes, receive from {client:?}", kept.len())
}

/// Prints one message and hands the line to whoever reads it at once.
fn print(number: u64, message: &Message) -> Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.bytes.len())?;
    out.write_all(&message.bytes)?;
    writeln!(out, "]{}", if message.ended { "" } else { " no newline" })?;
    out.flush()?;
    Ok(())
}
