//! crowd: hundreds of clients at once, and each line comes back reversed.
//!
//! Starts from: chapters/08-server/src/bin/server.rs, which prints what one
//! `recv` gave and forgets it. This one answers whole lines, so it keeps
//! something for each client from round to round: the start of a line whose
//! end has not come, and answers for which there is no room yet. What it asks
//! `select` depends on that. `sys::accept` is there as in the chapters.
//!
//! Task: exercises/08-server/README.md
//! Check: cargo lab check crowd

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, socket,
};

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
    // TODO, stage 1: what has to stay here between two rounds?
    // TODO, stage 2: and what else, when the client doesn't read?
}

struct Crowd {
    listener: OwnedFd,
    clients: BTreeMap<RawFd, Client>,
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
        can_read.insert(self.listener.as_fd());
        for client in self.clients.values() {
            // TODO, stage 2: whom do you ask for what?
            can_read.insert(client.fd.as_fd());
        }
        // TODO, stage 3: what about a listening socket that stays ready?
        let high = self.highest();
        match select(high + 1, &mut can_read, &mut can_write, None, None) {
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
        // TODO, stage 1: which failures are not the end of the server?
        // TODO, stage 3: no descriptor is left; no set holds the number.
        let (fd, _) = sys::accept(&self.listener).context("accept")?;
        self.clients.insert(fd.as_raw_fd(), Client { fd });
        Ok(())
    }

    /// Calls `recv` once for a client that is ready.
    fn hear(&mut self, fd: RawFd) {
        // TODO, stage 1: take what is there, and answer each line that is
        // whole now. When does the client leave the map?
        todo!("hear client {fd} of {}", self.clients.len())
    }

    /// Calls `send` once for a client that has room.
    fn answer(&mut self, fd: RawFd) {
        // TODO, stage 2: offer what is left, and keep what is not taken.
        todo!("answer client {fd} of {}", self.clients.len())
    }
}

fn numbers(set: &FdSet<'_>, highest: RawFd) -> Vec<RawFd> {
    set.fds(Some(highest)).map(|fd| fd.as_raw_fd()).collect()
}
