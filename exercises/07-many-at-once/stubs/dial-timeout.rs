//! dial-timeout: connect to a server, or give up when the time is over.
//!
//! Starts from: chapters/07-many-at-once/src/bin/connect-nonblocking.rs, which
//! waits for each attempt as long as it takes, or for 50 ms. This one has a
//! deadline that no signal moves, tells three outcomes apart, and then waits
//! for what the server says, without a limit.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo lab check dial-timeout

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, socket};

const USAGE: &str = "usage: ex-dial-timeout ADDRESS:PORT MILLISECONDS
example: ex-dial-timeout 127.0.0.1:5555 500";

/// How an attempt to connect ended, where nothing else failed.
#[allow(dead_code, reason = "you make them in `dial`")]
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
    // TODO: begin to connect, without waiting in `connect`.
    // TODO: sleep until the attempt has ended or the time is over. What does a
    // signal do to the call that sleeps, and how much time is left then?
    // TODO: how did the attempt end?
    todo!("connect {} to {to} within {limit:?}", server.as_raw_fd())
}

/// Copies what the server sends to `out`, up to the end of the stream.
fn copy(server: &OwnedFd, out: &mut impl Write) -> Result<()> {
    // TODO: may the call that reads wait here?
    let _ = out;
    todo!("copy what descriptor {} brings", server.as_raw_fd())
}
