//! sniff: tell a client which protocol it speaks, by its first bytes, and pass
//! all of its stream on.
//!
//! Starts from: chapters/05-transfer/src/bin/peek.rs, whose server knows how
//! many bytes it peeks at. This one finds out while they come, one by one if
//! need be, and sleeps until the next one is there.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo test -p sol-05-transfer --test sniff
//!
//! One of several solutions; one that takes the bytes, keeps them, and writes
//! them out before the rest does as well.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, send};

/// How each protocol begins, and its name.
const BEGINNINGS: [(&[u8], &str); 6] = [
    (b"\x16\x03", "tls"),
    (b"SSH-", "ssh"),
    (b"GET ", "http"),
    (b"PUT ", "http"),
    (b"HEAD ", "http"),
    (b"POST ", "http"),
];

/// The name of every other one.
const UNKNOWN: &str = "unknown";

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
    // The connection is descriptor 0, which std reads as standard input.
    // Nothing has been read from it so far.
    let connection = io::stdin().as_raw_fd();
    let protocol = sniff(connection)?;
    // A line as short as this always fits into an empty send buffer.
    let line = format!("{protocol}\n");
    send(connection, line.as_bytes(), sys::MSG_NOSIGNAL)
        .context("send the name of the protocol")?;
    pass_on()
}

/// Copies the stream, from where it is, to standard output. It knows nothing
/// of protocols, and you need not change it.
fn pass_on() -> Result<()> {
    io::copy(&mut io::stdin(), &mut io::stdout())
        .context("pass the stream on")?;
    io::stdout().flush().context("standard output")
}

/// Which protocol the stream on `connection` begins with; all of its bytes
/// are still there afterwards.
fn sniff(connection: RawFd) -> Result<&'static str> {
    let mut buffer = [0; 8];
    // One byte more each time. A peek starts at the first byte that nobody
    // has taken, so each one gives the bytes of the last one again.
    for wanted in 1..=buffer.len() {
        let count = peek(connection, &mut buffer[..wanted]).context("recv")?;
        match recognised(&buffer[..count]) {
            Some(name) => return Ok(name),
            // Fewer than we waited for: the stream has ended. (A signal could
            // cut the wait short too, but this program handles none.)
            None if count < wanted => break,
            None => {}
        }
    }
    Ok(UNKNOWN)
}

/// Waits until the buffer can be filled, and leaves the bytes where they are.
fn peek(connection: RawFd, buffer: &mut [u8]) -> nix::Result<usize> {
    // Without MSG_WAITALL the call would come back at once with what is there,
    // again and again.
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_WAITALL;
    loop {
        match recv(connection, buffer, flags) {
            Err(Errno::EINTR) => {}
            result => return result,
        }
    }
}

/// What these first bytes say, or None where the next one is needed.
fn recognised(bytes: &[u8]) -> Option<&'static str> {
    for (beginning, name) in BEGINNINGS {
        if bytes.starts_with(beginning) {
            return Some(name);
        }
        if beginning.starts_with(bytes) {
            return None;
        }
    }
    Some(UNKNOWN)
}
