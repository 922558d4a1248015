//! cancel: take a text from a client that may change its mind. An urgent byte
//! throws away what was sent before it.
//!
//! Starts from: chapters/09-out-of-band/src/bin/discard-until-mark.rs, which
//! looks for one mark and knows that it discards. This one keeps what it
//! reads, since nobody knows whether a mark will come, and how many.
//! `sys::at_mark` is there as in the chapters.
//!
//! Task: exercises/09-out-of-band/README.md
//! Check: cargo lab check cancel

use std::io::{self, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::send;

const USAGE: &str = "\
usage: ex-cancel, with a connection as descriptor 0
example: socat TCP-LISTEN:5555,reuseaddr EXEC:target/debug/ex-cancel,nofork";

fn main() -> ExitCode {
    if std::env::args().count() > 1 {
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
    let kept = collect(&io::stdin())?;
    let mut out = io::stdout();
    out.write_all(&kept).context("print")?;
    out.flush().context("print")
}

/// Reads to the end of the stream, and answers each cancel. Returns what
/// nobody has cancelled.
fn collect(connection: &Stdin) -> Result<Vec<u8>> {
    // TODO: in what order do you look at the two parts of what `wait` says?
    // TODO: how do you get rid of the urgent byte, and of all that stands
    // before the mark, before you call `answer`?
    todo!("collect from descriptor {}", connection.as_raw_fd())
}

/// What can be read without waiting.
#[allow(dead_code, reason = "for your code")]
struct Ready {
    /// Ordinary data, the end of the stream, or an error.
    readable: bool,
    /// The urgent byte: it is here and has not been read.
    urgent: bool,
}

/// Sleeps until something can be read, as `wait` in the chapters does.
#[allow(dead_code, reason = "for your code")]
fn wait(connection: &Stdin) -> Result<Ready> {
    let both = PollFlags::POLLIN | PollFlags::POLLPRI;
    loop {
        let mut descriptors = [PollFd::new(connection.as_fd(), both)];
        match poll(&mut descriptors, PollTimeout::NONE) {
            Err(Errno::EINTR) => continue,
            result => result.context("poll")?,
        };
        let said = descriptors[0].revents().unwrap_or(both);
        return Ok(Ready {
            // An error counts, too: recv tells which.
            readable: said.intersects(!PollFlags::POLLPRI),
            urgent: said.contains(PollFlags::POLLPRI),
        });
    }
}

/// Tells the client that all is gone which it sent before the urgent byte.
#[allow(dead_code, reason = "for your code")]
fn answer(connection: &Stdin) -> Result<()> {
    let mut line: &[u8] = b"cancelled\n";
    while !line.is_empty() {
        match send(connection.as_raw_fd(), line, sys::MSG_NOSIGNAL) {
            Err(Errno::EINTR) => {}
            sent => line = &line[sent.context("send")?..],
        }
    }
    Ok(())
}
