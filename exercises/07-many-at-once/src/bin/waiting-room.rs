//! waiting-room: let everybody in until the time is over, then tell them how
//! many they are.
//!
//! Starts from: chapters/07-many-at-once/src/bin/accept-nonblocking.rs, which
//! knows how many clients come and when. This one knows only when to stop, and
//! leaves no socket open. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo lab check waiting-room

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

const USAGE: &str = "usage: ex-waiting-room MILLISECONDS
example: ex-waiting-room 5000";

/// Room in the accept queue.
const BACKLOG: i32 = 64;

fn main() -> ExitCode {
    let Some(limit) = argument() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(limit) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn argument() -> Option<Duration> {
    let mut words = env::args().skip(1);
    let limit = words.next()?.parse().ok()?;
    let fits = (1..=60_000).contains(&limit) && words.next().is_none();
    fits.then_some(Duration::from_millis(limit))
}

fn run(limit: Duration) -> Result<()> {
    let listener = listening_socket().context("listen on 127.0.0.1")?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    writeln!(io::stdout(), "listening on {address}")?;
    let count = hold(&listener, limit)?;
    writeln!(io::stdout(), "{count} waited")?;
    // The process stays, so that what it has left open can be counted.
    io::copy(&mut io::stdin(), &mut io::sink()).context("standard input")?;
    Ok(())
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(BACKLOG)?)?;
    Ok(listener)
}

/// Returns how many clients have waited.
fn hold(listener: &OwnedFd, limit: Duration) -> Result<usize> {
    // TODO: let clients in until the time is over, and sleep while none comes.
    // Which of what `accept` may answer ends that, and which does not?
    // TODO: is somebody still in the queue when the time is over?
    // TODO: tell each of them, and close. Who closes the listening socket?
    todo!("hold descriptor {} for {limit:?}", listener.as_raw_fd())
}
