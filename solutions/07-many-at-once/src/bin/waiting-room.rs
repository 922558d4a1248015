//! waiting-room: let everybody in until the time is over, then tell them how
//! many they are.
//!
//! Starts from: chapters/07-many-at-once/src/bin/accept-nonblocking.rs, which
//! knows how many clients come and when. This one knows only when to stop, and
//! leaves no socket open. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo test -p sol-07-many-at-once --test waiting-room
//!
//! One of several solutions; a thread that accepts would do as well, if it can
//! be ended.

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, send, socket,
};
use nix::sys::time::{TimeVal, TimeValLike};

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
    let count = hold(listener, limit)?;
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

/// Those who have been let in.
struct Room {
    clients: Vec<OwnedFd>,
    /// No descriptor was left for one more.
    full: bool,
}

/// Returns how many clients have waited. Takes the listening socket by value:
/// it is closed here.
fn hold(listener: OwnedFd, limit: Duration) -> Result<usize> {
    let deadline = Instant::now() + limit;
    // A blocking `accept` would not come back at the deadline.
    set_nonblocking(&listener).context("fcntl")?;
    let mut room = Room {
        clients: Vec::new(),
        full: false,
    };
    // One client for each look at the clock, so that no crowd can hide it.
    while Instant::now() < deadline {
        // What is in the queue of a full room stays there and would be
        // reported again and again.
        let watched = if room.full { None } else { Some(&listener) };
        if wait(watched, deadline)? {
            room.let_one_in(&listener)?;
        }
    }
    // Whoever is in the queue now came in time, or nearly so. There cannot be
    // more than it has room for, on Linux one more than the backlog.
    for _ in 0..=BACKLOG {
        if room.full || !room.let_one_in(&listener)? {
            break;
        }
    }
    drop(listener);
    let count = room.clients.len();
    let news = format!("{count} of you waited\n");
    for client in room.clients {
        // Who has left harms nobody else. So few bytes fit into any new
        // connection's buffer. Each client is closed at the end of its turn.
        let fd = client.as_raw_fd();
        let _ = send(fd, news.as_bytes(), sys::MSG_NOSIGNAL);
    }
    Ok(count)
}

impl Room {
    /// Takes the oldest connection out of the queue. Returns whether there may
    /// be more.
    fn let_one_in(&mut self, listener: &OwnedFd) -> Result<bool> {
        match sys::accept(listener) {
            Ok((client, _)) => self.clients.push(client),
            Err(Errno::EWOULDBLOCK) => return Ok(false),
            // A signal, or a client that left while it was in the queue.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            Err(Errno::EMFILE | Errno::ENFILE) => self.full = true,
            Err(errno) => return Err(errno).context("accept"),
        }
        Ok(true)
    }
}

/// Sleeps until a client is in the queue of `listener`, where there is one to
/// watch, and returns true, or until `deadline`.
fn wait(listener: Option<&OwnedFd>, deadline: Instant) -> Result<bool> {
    let left = deadline.saturating_duration_since(Instant::now());
    let mut left = TimeVal::microseconds(left.as_micros().try_into()?);
    let (mut set, mut nfds) = (FdSet::new(), 0);
    if let Some(listener) = listener {
        set.insert(listener.as_fd());
        nfds = listener.as_raw_fd() + 1;
    }
    match select(nfds, &mut set, None, None, &mut left) {
        // The caller looks at the clock and waits again.
        Err(Errno::EINTR) => Ok(false),
        count => Ok(count.context("select")? > 0),
    }
}

fn set_nonblocking(socket: &OwnedFd) -> nix::Result<()> {
    let flags = fcntl(socket, FcntlArg::F_GETFL)?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(socket, FcntlArg::F_SETFL(flags)).map(drop)
}
