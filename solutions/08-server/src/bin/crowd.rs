//! crowd: hundreds of clients at once, and each line comes back reversed.
//!
//! Starts from: chapters/08-server/src/bin/server.rs, which prints what one
//! `recv` gave and forgets it. This one answers whole lines, so it keeps
//! something for each client from round to round: the start of a line whose
//! end has not come, and answers for which there is no room yet. What it asks
//! `select` depends on that. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo test -p sol-08-server --test crowd
//!
//! One of several solutions; a thread for each client, or `poll`, would do as
//! well.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, recv, send, socket,
};
use nix::sys::time::{TimeVal, TimeValLike};

/// The longest line, in bytes, without its newline.
const LONGEST: usize = 4_096;

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
    Crowd {
        listener,
        clients: BTreeMap::new(),
        full: None,
    }
    .serve()
}

/// A listening socket on which `accept` never waits.
fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    fcntl(&listener, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::MAXCONN)?;
    Ok(listener)
}

struct Client {
    fd: OwnedFd,
    /// The start of a line; its end has not come.
    heard: Vec<u8>,
    /// Answers that the kernel has not taken.
    answers: Vec<u8>,
}

struct Crowd {
    listener: OwnedFd,
    clients: BTreeMap<RawFd, Client>,
    /// There was no descriptor for one more client; when to try again.
    full: Option<Instant>,
}

impl Crowd {
    /// Serves for ever. In a round, each client that is ready has one turn.
    fn serve(mut self) -> Result<()> {
        loop {
            let (can_read, can_write) = self.wait().context("select")?;
            for fd in can_write {
                self.answer(fd);
            }
            for fd in can_read {
                if fd == self.listener.as_raw_fd() {
                    self.welcome()?;
                } else {
                    self.hear(fd);
                }
            }
        }
    }

    /// The numbers that can be read from, and those that have room to write.
    fn wait(&self) -> nix::Result<(Vec<RawFd>, Vec<RawFd>)> {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        let now = Instant::now();
        let pause = self.full.filter(|until| *until > now);
        let mut pause = pause.map(|until| milliseconds(until - now));
        // Without a free descriptor the listening socket stays ready, and
        // select would come back at once, again and again.
        if pause.is_none() {
            can_read.insert(self.listener.as_fd());
        }
        for client in self.clients.values() {
            // A client with answers due is not read from until it has taken
            // them, so what is kept for it stays small; and one without is
            // not asked for room, which it nearly always has.
            if client.answers.is_empty() {
                can_read.insert(client.fd.as_fd());
            } else {
                can_write.insert(client.fd.as_fd());
            }
        }
        let (high, pause) = (self.highest(), pause.as_mut());
        match select(high + 1, &mut can_read, &mut can_write, None, pause) {
            Ok(_) => Ok((numbers(&can_read, high), numbers(&can_write, high))),
            Err(Errno::EINTR) => Ok((Vec::new(), Vec::new())),
            Err(errno) => Err(errno),
        }
    }

    /// The highest number in use here: select and we look no further.
    fn highest(&self) -> RawFd {
        let highest = self.clients.last_key_value().map(|(fd, _)| *fd);
        highest.unwrap_or(0).max(self.listener.as_raw_fd())
    }

    /// Takes one client out of the accept queue, if it is still there.
    fn welcome(&mut self) -> Result<()> {
        match sys::accept(&self.listener) {
            // A number that no set holds. Dropped here, hence closed.
            Ok((fd, _)) if !fits(&fd) => {}
            Ok((fd, _)) => {
                let client = Client {
                    heard: Vec::new(),
                    answers: Vec::new(),
                    fd,
                };
                self.clients.insert(client.fd.as_raw_fd(), client);
            }
            // The client has gone since select looked, or a signal came.
            Err(Errno::EAGAIN | Errno::EINTR | Errno::ECONNABORTED) => {}
            // The client stays in the queue. One that leaves makes room, and
            // so may another process, of which no event tells.
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS) => {
                self.full = Some(Instant::now() + Duration::from_secs(1));
            }
            Err(errno) => return Err(errno).context("accept"),
        }
        Ok(())
    }

    /// Calls `recv` once for a client that is ready.
    fn hear(&mut self, fd: RawFd) {
        let Some(client) = self.clients.get_mut(&fd) else {
            return;
        };
        let mut buffer = [0; 4096];
        match recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(count @ 1..) => {
                client.take(&buffer[..count]);
                if client.heard.len() > LONGEST {
                    self.let_go(fd);
                }
            }
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            // The end of the stream, and no answer is due, or this client
            // would not have been asked. Or the connection has failed.
            Ok(_) | Err(_) => self.let_go(fd),
        }
    }

    /// Calls `send` once for a client that has room.
    fn answer(&mut self, fd: RawFd) {
        let Some(client) = self.clients.get_mut(&fd) else {
            return;
        };
        // select says that something fits, never that all of it does.
        let flags = MsgFlags::MSG_DONTWAIT | sys::MSG_NOSIGNAL;
        match send(fd, &client.answers, flags) {
            Ok(count) => drop(client.answers.drain(..count)),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(_) => self.let_go(fd),
        }
    }

    /// Closes one connection: out of the map is dropped, dropped is closed.
    fn let_go(&mut self, fd: RawFd) {
        self.clients.remove(&fd);
        self.full = None;
    }
}

impl Client {
    /// A line can end anywhere in a piece, and a piece can hold many.
    fn take(&mut self, piece: &[u8]) {
        for &byte in piece {
            if byte == b'\n' {
                self.answers.extend(self.heard.drain(..).rev());
                self.answers.push(b'\n');
            } else {
                self.heard.push(byte);
            }
        }
    }
}

/// Whether an `FdSet` has room for this number; it panics at any other.
fn fits(fd: &OwnedFd) -> bool {
    usize::try_from(fd.as_raw_fd()).is_ok_and(|number| number < FD_SETSIZE)
}

/// Rounded up, or the last one would be a busy loop.
fn milliseconds(time: Duration) -> TimeVal {
    TimeVal::milliseconds(i64::try_from(time.as_millis()).unwrap_or(0) + 1)
}

fn numbers(set: &FdSet<'_>, highest: RawFd) -> Vec<RawFd> {
    set.fds(Some(highest)).map(|fd| fd.as_raw_fd()).collect()
}
