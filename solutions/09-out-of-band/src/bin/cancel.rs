//! cancel: take a text from a client that may change its mind. An urgent byte
//! throws away what was sent before it.
//!
//! Starts from: chapters/09-out-of-band/src/bin/discard-until-mark.rs, which
//! looks for one mark and knows that it discards. This one keeps what it
//! reads, since nobody knows whether a mark will come, and how many.
//! `sys::at_mark` is there as in the chapters.
//!
//! Task: exercises/09-out-of-band/README.md
//! Check: cargo test -p sol-09-out-of-band --test cancel
//!
//! One of several solutions; with SO_OOBINLINE the urgent byte would stand in
//! the stream, and `sys::at_mark` alone would tell where.

use std::io::{self, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};

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
    let (mut kept, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let ready = wait(connection)?;
        // The urgent byte first: an ordinary recv at the mark steps over it.
        if ready.urgent {
            if take_urgent_byte(connection)? {
                discard_until_mark(connection)?;
                kept.clear();
                answer(connection)?;
            }
        } else if ready.readable {
            // This recv begins at an ordinary byte, and stops at a mark.
            match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
                Ok(0) => return Ok(kept),
                Ok(count) => kept.extend_from_slice(&buffer[..count]),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno).context("recv"),
            }
        }
    }
}

/// Reads the urgent byte, or `poll` would report it for ever. Then a newer one
/// that comes while we discard is reported like the first. `false`: a newer
/// one is on its way already, and `poll` will tell when it is here.
fn take_urgent_byte(connection: &Stdin) -> Result<bool> {
    match recv(connection.as_raw_fd(), &mut [0], MsgFlags::MSG_OOB) {
        Ok(_) => Ok(true),
        Err(Errno::EWOULDBLOCK) => Ok(false),
        Err(errno) => Err(errno).context("recv with MSG_OOB"),
    }
}

/// No recv in here waits where a mark might come: as long as the mark is
/// ahead, each of them begins at an ordinary byte.
fn discard_until_mark(connection: &Stdin) -> Result<()> {
    let mut buffer = [0; 4096];
    while !sys::at_mark(connection).context("SIOCATMARK")? {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => bail!("the stream has ended before its mark"),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
    Ok(())
}

/// What can be read without waiting.
struct Ready {
    /// Ordinary data, the end of the stream, or an error.
    readable: bool,
    /// The urgent byte: it is here and has not been read.
    urgent: bool,
}

/// Sleeps until something can be read, as `wait` in the chapters does.
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
