//! keep: read the urgent byte first, and keep all that stands before and
//! behind it.
//!
//! Starts from: chapters/09-out-of-band/src/bin/read-oob.rs, which forgets
//! where the urgent byte stood, and gives up after a time. This one keeps the
//! two sides of the mark apart, and waits as long as the stream lasts.
//! `sys::at_mark` is there as in the chapters.
//!
//! Task: exercises/09-out-of-band/README.md
//! Check: cargo test -p sol-09-out-of-band --test keep
//!
//! One of several solutions; the urgent byte may as well be read at the mark,
//! when all before it has been kept.

use std::io::{self, Read, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

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
fn keep(mut connection: &Stdin) -> Result<Kept> {
    let mut before = Vec::new();
    loop {
        let ready = wait(connection)?;
        if ready.urgent {
            break;
        }
        // The urgent byte may be on its way and have no room: what is read
        // here makes some. This recv begins at an ordinary byte.
        if ready.readable && receive(connection, &mut before)? == 0 {
            let behind = None;
            return Ok(Kept { before, behind });
        }
    }
    let mut byte = [0];
    recv(connection.as_raw_fd(), &mut byte, MsgFlags::MSG_OOB)
        .context("recv with MSG_OOB")?;
    tell(byte[0])?;
    // The read pointer is still where it was. All that stands before the mark
    // is here, and each recv stops there.
    while !sys::at_mark(connection).context("SIOCATMARK")? {
        let count = receive(connection, &mut before)?;
        ensure!(count > 0, "the stream has ended before its mark");
    }
    // The first of these reads steps over the urgent byte, which was read.
    let mut behind = Vec::new();
    connection.read_to_end(&mut behind).context("read")?;
    let behind = Some(behind);
    Ok(Kept { before, behind })
}

/// One recv, behind what is kept. 0 is the end of the stream.
fn receive(connection: &Stdin, kept: &mut Vec<u8>) -> Result<usize> {
    let mut buffer = [0; 4096];
    loop {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(count) => {
                kept.extend_from_slice(&buffer[..count]);
                return Ok(count);
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}

/// Prints the urgent byte, at once.
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
