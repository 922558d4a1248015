//! dial-timeout: connect to a server, or give up when the time is over.
//!
//! Starts from: chapters/07-many-at-once/src/bin/connect-nonblocking.rs, which
//! waits for each attempt as long as it takes, or for 50 ms. This one has a
//! deadline that no signal moves, tells three outcomes apart, and then waits
//! for what the server says, without a limit.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo test -p sol-07-many-at-once --test dial-timeout
//!
//! One of several solutions; `poll` does as well as `select`, and std's
//! `TcpStream::connect_timeout` is all of `dial` in one call.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::c_int;
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect,
    getsockopt, recv, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

const USAGE: &str = "usage: ex-dial-timeout ADDRESS:PORT MILLISECONDS
example: ex-dial-timeout 127.0.0.1:5555 500";

/// How an attempt to connect ended, where nothing else failed.
enum Outcome {
    Connected,
    Refused,
    TimedOut,
}

fn main() -> ExitCode {
    let Some((to, limit)) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(&SockaddrIn::from(to), limit) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Option<(SocketAddrV4, Duration)> {
    let mut words = env::args().skip(1);
    let to = words.next()?.parse().ok()?;
    let limit = words.next()?.parse().ok()?;
    let fits = (1..=60_000).contains(&limit) && words.next().is_none();
    fits.then_some((to, Duration::from_millis(limit)))
}

/// Returns the exit code.
fn run(to: &SockaddrIn, limit: Duration) -> Result<u8> {
    handle_sigusr1().context("sigaction SIGUSR1")?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let server = socket(family, kind, SockFlag::empty(), None)?;
    let mut out = io::stdout();
    writeln!(out, "dialing {to}")?;
    match dial(&server, to, limit)? {
        Outcome::Refused => {
            writeln!(out, "refused")?;
            Ok(3)
        }
        Outcome::TimedOut => {
            writeln!(out, "timed out")?;
            Ok(4)
        }
        Outcome::Connected => {
            writeln!(out, "connected")?;
            copy(&server, &mut out)?;
            Ok(0)
        }
    }
}

/// From here on SIGUSR1 ends no process: it interrupts calls that wait.
fn handle_sigusr1() -> nix::Result<()> {
    extern "C" fn nothing(_: c_int) {}
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: a handler that does nothing is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

/// Connects `server` to `to`, within `limit`.
fn dial(server: &OwnedFd, to: &SockaddrIn, limit: Duration) -> Result<Outcome> {
    // A point in time, not a span: it stays where it is however often the
    // wait for it begins anew.
    let deadline = Instant::now() + limit;
    set_nonblocking(server, true).context("fcntl")?;
    let ended = match connect(server.as_raw_fd(), to) {
        Err(Errno::EINPROGRESS) => wait(server, deadline)?,
        // Some systems know the outcome of a connection to themselves at once.
        known => Some(known),
    };
    match ended {
        None => Ok(Outcome::TimedOut),
        Some(Err(Errno::ECONNREFUSED)) => Ok(Outcome::Refused),
        Some(other) => {
            other.with_context(|| format!("connect to {to}"))?;
            // From here on there is nothing else to do than to wait for the
            // server, and `recv` may do so.
            set_nonblocking(server, false).context("fcntl")?;
            Ok(Outcome::Connected)
        }
    }
}

/// Sleeps until the attempt has ended, and returns how; nothing where the
/// deadline comes first.
fn wait(
    server: &OwnedFd,
    deadline: Instant,
) -> Result<Option<nix::Result<()>>> {
    loop {
        // What is left of the time, calculated anew after each signal.
        let left = deadline.saturating_duration_since(Instant::now());
        let mut left = TimeVal::microseconds(left.as_micros().try_into()?);
        let mut set = FdSet::new();
        set.insert(server.as_fd());
        let nfds = server.as_raw_fd() + 1;
        match select(nfds, None, &mut set, None, &mut left) {
            Err(Errno::EINTR) => continue,
            Ok(0) => return Ok(None),
            count => count.context("select")?,
        };
        // Writable means that the attempt has ended. Asking how it ended takes
        // the answer away.
        return Ok(Some(match getsockopt(server, sockopt::SocketError)? {
            0 => Ok(()),
            errno => Err(Errno::from_raw(errno)),
        }));
    }
}

fn set_nonblocking(socket: &OwnedFd, on: bool) -> nix::Result<()> {
    let flags = fcntl(socket, FcntlArg::F_GETFL)?;
    let mut flags = OFlag::from_bits_retain(flags);
    flags.set(OFlag::O_NONBLOCK, on);
    fcntl(socket, FcntlArg::F_SETFL(flags)).map(drop)
}

/// Copies what the server sends to `out`, up to the end of the stream.
fn copy(server: &OwnedFd, out: &mut impl Write) -> Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match recv(server.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                out.write_all(&buffer[..count])?;
                // The last line may be without an end.
                out.flush()?;
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}
