//! keep: read the urgent byte first, and keep all that stands before and
//! behind it.
//!
//! Starts from: chapters/09-out-of-band/src/bin/read-oob.rs, which forgets
//! where the urgent byte stood, and gives up after a time. This one keeps the
//! two sides of the mark apart, and waits as long as the stream lasts.
//! `sys::at_mark` is there as in the chapters.
//!
//! Task: exercises/09-out-of-band/README.md
//! Check: cargo lab check keep

use std::io::{self, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

const USAGE: &str = "\
usage: ex-keep, with a connection as descriptor 0
example: socat TCP-LISTEN:5555,reuseaddr EXEC:target/debug/ex-keep,nofork";

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
    let kept = keep(&io::stdin())?;
    print(&kept).context("print")
}

/// The ordinary bytes of a stream.
struct Kept {
    /// Those before the mark; all of them where there was no urgent byte.
    before: Vec<u8>,
    /// Those behind the mark; `None` where there was no urgent byte.
    behind: Option<Vec<u8>>,
}

/// Reads to the end of the stream, and calls `tell` as soon as the urgent byte
/// can be read.
fn keep(connection: &Stdin) -> Result<Kept> {
    // TODO: what do you do while the urgent byte is not here?
    // TODO: when you have told of it, where in the stream are you? What is
    // left to read on this side of the mark, and what behind it?
    todo!("read the stream of descriptor {}", connection.as_raw_fd())
}

/// Prints the urgent byte, at once.
#[allow(dead_code, reason = "for your code")]
fn tell(urgent: u8) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "urgent {}", char::from(urgent)).context("print")?;
    out.flush().context("print")
}

/// Prints everything else, when the stream has ended.
fn print(kept: &Kept) -> io::Result<()> {
    let mut out = io::stdout();
    if let Some(behind) = &kept.behind {
        for (side, bytes) in [("before", &kept.before), ("behind", behind)] {
            writeln!(out, "{side} {}", bytes.len())?;
            out.write_all(bytes)?;
            writeln!(out)?;
        }
    } else {
        writeln!(out, "no urgent byte")?;
        out.write_all(&kept.before)?;
    }
    out.flush()
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
