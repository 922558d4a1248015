//! Wrong: waits for the whole limit again after each signal.
//! Fails: a_signal_neither_ends_nor_prolongs_the_wait
//! Told: it still waits

use std::env;
use std::io::{self};
use std::net::{SocketAddrV4, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::{FdSet, select};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, getsockopt, socket,
    sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

pub fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let words: Vec<String> = env::args().collect();
    let to = SockaddrIn::from(words[1].parse::<SocketAddrV4>()?);
    let limit = Duration::from_millis(words[2].parse()?);
    handle_sigusr1()?;
    println!("dialing {to}");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let server = socket(family, kind, SockFlag::empty(), None)?;
    set_flags(&server, OFlag::O_NONBLOCK)?;
    let outcome = match connect(server.as_raw_fd(), &to) {
        Err(Errno::EINPROGRESS) => outcome(&server, limit)?,
        known => Some(known),
    };
    match outcome {
        None => {
            println!("timed out");
            return Ok(4);
        }
        Some(Err(Errno::ECONNREFUSED)) => {
            println!("refused");
            return Ok(3);
        }
        Some(other) => other.context("connect")?,
    }
    set_flags(&server, OFlag::empty())?;
    println!("connected");
    io::copy(&mut TcpStream::from(server), &mut io::stdout())?;
    Ok(0)
}

/// Nothing where the time is over.
fn outcome(
    server: &OwnedFd,
    limit: Duration,
) -> Result<Option<nix::Result<()>>> {
    loop {
        let mut left = TimeVal::microseconds(limit.as_micros().try_into()?);
        let mut set = FdSet::new();
        set.insert(server.as_fd());
        match select(None, None, &mut set, None, &mut left) {
            Err(Errno::EINTR) => {}
            Ok(0) => return Ok(None),
            Err(errno) => return Err(errno).context("select"),
            Ok(_) => break,
        }
    }
    Ok(Some(match getsockopt(server, sockopt::SocketError)? {
        0 => Ok(()),
        errno => Err(Errno::from_raw(errno)),
    }))
}

fn set_flags(socket: &OwnedFd, flags: OFlag) -> nix::Result<()> {
    fcntl(socket, FcntlArg::F_SETFL(flags)).map(drop)
}

fn handle_sigusr1() -> nix::Result<()> {
    extern "C" fn nothing(_: i32) {}
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: a handler that does nothing is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
