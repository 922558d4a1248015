//! who-waits: say that a client is waiting, and let it in when told to.
//!
//! Starts from: chapters/07-many-at-once/src/bin/select.rs, which accepts each
//! client as soon as `select` reports one. This one only says so, leaves the
//! client in the queue until a line comes from standard input, and sleeps in
//! between. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo test -p sol-07-many-at-once --test who-waits
//!
//! One of several solutions; one thread that reads the lines and another that
//! watches the queue would do as well.

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrStorage,
    bind, getsockname, listen, send, socket,
};
use nix::unistd::read;

const USAGE: &str = "usage: ex-who-waits
example: ex-who-waits";

fn main() -> ExitCode {
    if env::args().len() > 1 {
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
    let listener = listening_socket().context("listen on 127.0.0.1")?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    writeln!(io::stdout(), "listening on {address}")?;
    keep_the_door(&listener)
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(64)?)?;
    Ok(listener)
}

/// Returns at the end of standard input.
fn keep_the_door(listener: &OwnedFd) -> Result<()> {
    set_nonblocking(listener).context("fcntl")?;
    let mut out = io::stdout();
    let mut announced = false;
    loop {
        // A queue that has been announced stays as it is until a line comes,
        // and `select` would report it each time.
        let watched = if announced { None } else { Some(listener) };
        let (client, input) = wait(watched)?;
        if client {
            writeln!(out, "a client is waiting")?;
            announced = true;
        }
        if !input {
            continue;
        }
        // Once, because only the first `read` is sure not to wait. It may
        // bring half a line, and it may bring several.
        let mut bytes = [0; 512];
        let count = match read(io::stdin(), &mut bytes) {
            Ok(0) => return Ok(()),
            Err(Errno::EINTR) => continue,
            count => count.context("read")?,
        };
        for _ in bytes[..count].iter().filter(|byte| **byte == b'\n') {
            match next_client(listener)? {
                Some((client, address)) => {
                    writeln!(out, "let in {address}")?;
                    // The client may have left; then the failure is its own.
                    // Eight bytes fit into any new connection's buffer.
                    let fd = client.as_raw_fd();
                    let _ = send(fd, b"come in\n", sys::MSG_NOSIGNAL);
                }
                None => writeln!(out, "nobody is waiting")?,
            }
            // Whoever is in the queue now has not been announced.
            announced = false;
        }
    }
}

/// Sleeps until a client is in the queue of `listener`, where there is one to
/// watch, or standard input has something to read. Which of the two is it?
fn wait(listener: Option<&OwnedFd>) -> Result<(bool, bool)> {
    let stdin = io::stdin();
    loop {
        let (mut set, mut highest) = (FdSet::new(), stdin.as_raw_fd());
        set.insert(stdin.as_fd());
        if let Some(listener) = listener {
            set.insert(listener.as_fd());
            highest = highest.max(listener.as_raw_fd());
        }
        match select(highest + 1, &mut set, None, None, None) {
            Err(Errno::EINTR) => continue,
            count => count.context("select")?,
        };
        let client = listener.is_some_and(|fd| set.contains(fd.as_fd()));
        return Ok((client, set.contains(stdin.as_fd())));
    }
}

/// Takes the oldest connection out of the queue, where there is one.
fn next_client(
    listener: &OwnedFd,
) -> Result<Option<(OwnedFd, SockaddrStorage)>> {
    loop {
        match sys::accept(listener) {
            Err(Errno::EWOULDBLOCK) => return Ok(None),
            // A signal, or a client that left while it was in the queue.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            client => return client.map(Some).context("accept"),
        }
    }
}

fn set_nonblocking(socket: &OwnedFd) -> nix::Result<()> {
    let flags = fcntl(socket, FcntlArg::F_GETFL)?;
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(socket, FcntlArg::F_SETFL(flags)).map(drop)
}
