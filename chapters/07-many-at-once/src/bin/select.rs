// ANCHOR: all
//! One process waits for many sockets at once: `select` says which of them it
//! can read from.
//!
//! Watch for: what goes into each `select` and what comes out of it, and how
//! often it reports one `send` of five bytes, and one `close`.
//!
//! Both sides: cargo run --bin select
//!
//! Page: book/src/07-many-at-once/select.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use nix::sys::time::{TimeVal, TimeValLike};
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: select [client ADDRESS]
example: select";

/// Room in the server's buffer, in bytes: less than a client sends.
const ROOM: usize = 4;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address] => client(address),
        _ => Err(misuse(
            "select takes no arguments, or a role and an address",
        )),
    }
}

/// Each event has happened before the server takes its next turn.
fn both_sides() -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(8)?)?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    announce(address)?;
    let mut sockets = vec![listener];
    let role = ["client", &address.to_string()];
    // Client A connects and says nothing.
    let mut a = Peer::start("client A", &role)?;
    a.show()?;
    turn(&mut sockets, None)?;
    let mut b = Peer::start("client B", &role)?;
    b.show()?;
    turn(&mut sockets, None)?;
    b.go()?;
    b.show()?;
    turn(&mut sockets, None)?;
    turn(&mut sockets, None)?;
    b.finish()?;
    mistake(&sockets)?;
    turn(&mut sockets, None)?;
    turn(&mut sockets, Some(TimeVal::milliseconds(50)))
}

/// One turn of the loop: waits, then serves each socket that is ready. The
/// first of `sockets` is the listening one, so a new client comes before any
/// number is closed and free again.
fn turn(sockets: &mut Vec<OwnedFd>, limit: Option<TimeVal>) -> Result<()> {
    let server = Actor::new("server");
    let ready = readable(sockets, limit)?;
    let all: Vec<_> = sockets.iter().map(AsRawFd::as_raw_fd).collect();
    let (nfds, count) = (all[all.len() - 1] + 1, ready.len());
    let call = format!("select({nfds},{all:?}) = {count} (in {ready:?})");
    server.step(call.replace(", ", " ").replace(",[", ", ["), "")?;
    for fd in ready {
        if fd != sockets[0].as_raw_fd() {
            let mut buffer = [0; ROOM];
            let received = recv(fd, &mut buffer, MsgFlags::empty());
            let call = format!("recv({fd}, {ROOM}) = {}", outcome(&received));
            let count = received.unwrap_or(0);
            server.step(call, &String::from_utf8_lossy(&buffer[..count]))?;
            // 0 or an error: the end of this client, and not of the server.
            sockets.retain(|client| count > 0 || client.as_raw_fd() != fd);
        // A failure of accept ends no server: the next turn asks again.
        } else if let Ok((client, _)) = sys::accept(&sockets[0]) {
            let call = format!("accept({fd}) = {}", client.as_raw_fd());
            server.step(call, "queue not empty")?;
            sockets.push(client);
        }
    }
    Ok(())
}

// ANCHOR: select
/// Waits until some of `sockets` can be read, or for `limit`, and returns
/// their numbers.
fn readable(sockets: &[OwnedFd], limit: Option<TimeVal>) -> Result<Vec<RawFd>> {
    loop {
        // The call writes its answer into the set and, on Linux, the time
        // that was left into the limit. So each call gets new ones.
        let (mut set, mut limit, mut highest) = (FdSet::new(), limit, -1);
        for socket in sockets {
            set.insert(socket.as_fd());
            highest = highest.max(socket.as_raw_fd());
        }
        // https://man7.org/linux/man-pages/man2/select.2.html
        match select(highest + 1, &mut set, None, None, limit.as_mut()) {
            // A signal handler ran, and there is no answer in the set.
            Err(Errno::EINTR) => continue,
            count => count.context("select")?,
        };
        let ready = sockets.iter().filter(|fd| set.contains(fd.as_fd()));
        return Ok(ready.map(AsRawFd::as_raw_fd).collect());
    }
}
// ANCHOR_END: select

/// What a loop does that takes the end of a stream for "nothing yet": it
/// leaves the socket in the set.
fn mistake(sockets: &[OwnedFd]) -> Result<()> {
    let (started, mut turns) = (Instant::now(), 0);
    while started.elapsed().as_millis() < 100 {
        turns += readable(sockets, None)?.len();
    }
    let remark = format!("{turns} times in 100 ms");
    Actor::new("server").step("select = 1, and nobody closes", &remark)
}

fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    client.step(format!("connect({fd}) = 0"), "")?;
    wait_for_go()?;
    let count = send(fd, b"hello", sys::MSG_NOSIGNAL)?;
    client.step(format!("send({fd}, \"hello\") = {count}"), "")?;
    wait_for_go()?;
    drop(connection);
    client.step(format!("close({fd}) = 0"), "")
}
// ANCHOR_END: all
