//! Right: `poll`, and the socket stays in non-blocking mode: each `recv` comes after a `poll`.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect,
    getsockopt, recv, socket, sockopt,
};

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
    fcntl(&server, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    let mut errno = match connect(server.as_raw_fd(), &to) {
        Ok(()) => 0,
        Err(errno) => errno as i32,
    };
    if errno == Errno::EINPROGRESS as i32 {
        let deadline = Instant::now() + limit;
        if !ready(&server, PollFlags::POLLOUT, Some(deadline))? {
            println!("timed out");
            return Ok(4);
        }
        errno = getsockopt(&server, sockopt::SocketError)?;
    }
    if errno == Errno::ECONNREFUSED as i32 {
        println!("refused");
        return Ok(3);
    } else if errno != 0 {
        return Err(Errno::from_raw(errno)).context("connect");
    }
    println!("connected");
    let mut buffer = [0; 700];
    loop {
        ready(&server, PollFlags::POLLIN, None)?;
        match recv(server.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(0),
            Ok(count) => io::stdout().write_all(&buffer[..count])?,
            Err(Errno::EWOULDBLOCK | Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}

/// Whether one of `events` came, rather than the deadline.
fn ready(
    socket: &OwnedFd,
    events: PollFlags,
    deadline: Option<Instant>,
) -> Result<bool> {
    loop {
        let left =
            deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let limit = match left {
            None => PollTimeout::NONE,
            // Up to a whole millisecond: 0 would not wait for the last one.
            Some(left) => {
                PollTimeout::try_from(left.as_micros().div_ceil(1000))?
            }
        };
        match poll(&mut [PollFd::new(socket.as_fd(), events)], limit) {
            Ok(0) => return Ok(false),
            Err(Errno::EINTR) => {}
            count => return Ok(count.map(|_| true)?),
        }
    }
}

fn handle_sigusr1() -> nix::Result<()> {
    extern "C" fn nothing(_: i32) {}
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: a handler that does nothing is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}
