//! relay: what one client says, all the others hear, line by line.
//!
//! Starts from: chapters/08-server/src/bin/server.rs, which only reads. This
//! one also writes, to clients that may not read: what their kernels do not
//! take is kept, up to a limit. And it passes on lines, which do not come one
//! with each `recv`.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo test -p sol-08-server --test relay
//!
//! One of several solutions; two threads for each client would do as well.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, recv, send, socket,
};

/// The most bytes that are kept for one client.
const MOST: usize = 65_536;

/// The longest line, in bytes, its newline included.
const LINE: usize = 4_096;

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
            // A socket with room is reported every time, so it is watched
            // only while something is kept for it.
            if !client.kept.is_empty() {
                can_write.insert(client.socket.as_fd());
            }
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
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    /// What this client shall hear and its kernel has not taken yet.
    kept: Vec<u8>,
}

impl Client {
    fn new(socket: OwnedFd) -> Client {
        Client {
            socket,
            begun: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Calls `recv` once and returns the complete lines, in one piece with
    /// their newlines; none where the client has left. Words without a
    /// newline go with it.
    fn hear(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; LINE];
        let fd = self.socket.as_raw_fd();
        match recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Err(Errno::EAGAIN | Errno::EINTR) => Some(Vec::new()),
            Ok(0) | Err(_) => None,
            Ok(count) => {
                self.begun.extend_from_slice(&buffer[..count]);
                let newline = self.begun.iter().rposition(|b| *b == b'\n');
                // Up to the last newline, whole lines; behind it, a new one
                // that has begun.
                let rest = self.begun.split_off(newline.map_or(0, |at| at + 1));
                let lines = std::mem::replace(&mut self.begun, rest);
                // Nobody promises to pass on a longer line, and to wait for
                // its end would be to keep whatever this client sends.
                (self.begun.len() < LINE).then_some(lines)
            }
        }
    }

    /// Passes lines on to this client, and keeps what does not fit; whether
    /// it stays.
    fn tell(&mut self, lines: &[u8]) -> bool {
        self.kept.extend_from_slice(lines);
        self.send_kept() && self.kept.len() <= MOST
    }

    /// Sends what fits of what is kept, in the order in which it came, and
    /// never waits; whether the client stays.
    fn send_kept(&mut self) -> bool {
        if self.kept.is_empty() {
            return true;
        }
        let flags = sys::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
        match send(self.socket.as_raw_fd(), &self.kept, flags) {
            Ok(count) => {
                self.kept.drain(..count);
                true
            }
            Err(errno) => matches!(errno, Errno::EAGAIN | Errno::EINTR),
        }
    }
}
