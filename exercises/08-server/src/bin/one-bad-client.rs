//! one-bad-client: a server that says back to each client what it hears from
//! it. It serves any number of clients at once, and whatever happens to one of
//! them is nothing to the others.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo lab check one-bad-client

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, recv, send, socket,
};

/// The most that one `recv` takes, in bytes.
const MOST: usize = 512;

fn main() -> ExitCode {
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
    let mut clients = BTreeMap::new();
    loop {
        for fd in ready(&listener, &clients)? {
            if fd == listener.as_raw_fd() {
                welcome(&listener, &mut clients);
            } else if !say_back(fd)? {
                // Out of the map means dropped, and dropped means closed.
                clients.remove(&fd);
            }
        }
    }
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::MAXCONN)?;
    Ok(listener)
}

/// Waits until some of the sockets can be read, and returns their numbers, the
/// clients' before that of the listening socket.
fn ready(
    listener: &OwnedFd,
    clients: &BTreeMap<RawFd, OwnedFd>,
) -> Result<Vec<RawFd>> {
    let sockets = || clients.values().chain([listener]);
    let mut set = FdSet::new();
    for socket in sockets() {
        set.insert(socket.as_fd());
    }
    select(None, &mut set, None, None, None).context("select")?;
    let ready = sockets().filter(|socket| set.contains(socket.as_fd()));
    Ok(ready.map(AsRawFd::as_raw_fd).collect())
}

/// Takes one client out of the queue. A failure is that client's own.
fn welcome(listener: &OwnedFd, clients: &mut BTreeMap<RawFd, OwnedFd>) {
    if let Ok((client, _)) = sys::accept(listener) {
        clients.insert(client.as_raw_fd(), client);
    }
}

/// Reads once from a client that is ready and sends the same bytes back;
/// whether this client stays.
fn say_back(fd: RawFd) -> Result<bool> {
    let mut buffer = [0; MOST];
    let count = match recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT) {
        Ok(0) => return Ok(false),
        Ok(count) => count,
        // Ready is what `select` saw; it may have been wrong.
        Err(Errno::EAGAIN) => return Ok(true),
        Err(errno) => return Err(errno).context("recv"),
    };
    // Where the answer does not fit, the client is not reading: it is let go,
    // for nobody may wait for it.
    let flags = sys::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
    let sent = send(fd, &buffer[..count], flags).context("send")?;
    Ok(sent == count)
}
