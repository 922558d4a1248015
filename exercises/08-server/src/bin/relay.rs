//! relay: what one client says, all the others hear, line by line.
//!
//! Starts from: chapters/08-server/src/bin/server.rs, which only reads. This
//! one also writes, to clients that may not read: what their kernels do not
//! take is kept, up to a limit. And it passes on lines, which do not come one
//! with each `recv`.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo lab check relay

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

/// The most bytes that are kept for one client.
const MOST: usize = 65_536;

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
    let clients = BTreeMap::new();
    Relay { listener, clients }.serve()
}

fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::MAXCONN)?;
    Ok(listener)
}

struct Relay {
    listener: OwnedFd,
    clients: BTreeMap<RawFd, Client>,
}

impl Relay {
    /// Serves for ever. New clients come last in a round, so that a number
    /// that becomes free in it is not given out again in it.
    fn serve(mut self) -> Result<()> {
        loop {
            let (readable, writable) = self.wait()?;
            for fd in writable {
                self.clients
                    .retain(|&it, client| it != fd || client.send_kept());
            }
            for fd in readable {
                if fd == self.listener.as_raw_fd() {
                    self.welcome();
                } else {
                    self.hear(fd);
                }
            }
        }
    }

    /// Waits, and returns the numbers that can be read from, that of the
    /// listening socket as the last one, and those that can be written to.
    fn wait(&self) -> Result<(Vec<RawFd>, Vec<RawFd>)> {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        can_read.insert(self.listener.as_fd());
        for client in self.clients.values() {
            can_read.insert(client.socket.as_fd());
            // TODO: for which clients do you want to know when there is room?
        }
        select(None, &mut can_read, &mut can_write, None, None)
            .context("select")?;
        let sockets = || self.clients.values().map(|client| &client.socket);
        let readable = sockets()
            .chain([&self.listener])
            .filter(|socket| can_read.contains(socket.as_fd()));
        let writable =
            sockets().filter(|socket| can_write.contains(socket.as_fd()));
        Ok((
            readable.map(AsRawFd::as_raw_fd).collect(),
            writable.map(AsRawFd::as_raw_fd).collect(),
        ))
    }

    /// Takes one client out of the queue; a failure is that client's own.
    fn welcome(&mut self) {
        let Ok((socket, _)) = sys::accept(&self.listener) else {
            return;
        };
        let fd = socket.as_raw_fd();
        let fits = usize::try_from(fd).is_ok_and(|fd| fd < FD_SETSIZE);
        let mut client = Client::new(socket);
        if fits && client.tell(b"welcome\n") {
            self.clients.insert(fd, client);
        }
    }

    /// Reads once from the client that has this number, and tells all others
    /// the lines that are complete now.
    fn hear(&mut self, fd: RawFd) {
        // It may have been cut off in this very round.
        let Some(speaker) = self.clients.get_mut(&fd) else {
            return;
        };
        match speaker.hear() {
            None => drop(self.clients.remove(&fd)),
            Some(lines) => self
                .clients
                .retain(|&it, client| it == fd || client.tell(&lines)),
        }
    }
}

struct Client {
    socket: OwnedFd,
    // TODO: what has to be remembered for a client from one round to the
    // next, of what it has said and of what it shall hear?
}

impl Client {
    fn new(socket: OwnedFd) -> Client {
        Client { socket }
    }

    /// Calls `recv` once and returns the complete lines, in one piece with
    /// their newlines; `None` where the client has left.
    fn hear(&mut self) -> Option<Vec<u8>> {
        // TODO: what came may be less than a line, or more than one. How do
        // you make sure that nobody waits here?
        let fd = self.socket.as_raw_fd();
        todo!("call recv once on {fd}, and find the lines")
    }

    /// Passes lines on to this client, and keeps what does not fit; whether
    /// it stays.
    fn tell(&mut self, lines: &[u8]) -> bool {
        // TODO: in which order must old and new bytes go out? When is it too
        // much? MOST is the limit.
        todo!("tell this client {} bytes, or keep them", lines.len())
    }

    /// Sends what fits of what is kept, and never waits; whether the client
    /// stays.
    fn send_kept(&mut self) -> bool {
        // TODO: what does the count say, what EWOULDBLOCK, and what any other
        // errno?
        let fd = self.socket.as_raw_fd();
        todo!("send to {fd} what is kept, {MOST} bytes at most")
    }
}
