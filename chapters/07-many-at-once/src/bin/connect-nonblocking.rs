// ANCHOR: all
//! `connect` without waiting: EINPROGRESS, and where to ask for the outcome.
//!
//! Watch for: what `select` and `SO_ERROR` say of each connection, and what a
//! second `connect` returns.
//!
//! Run: cargo run --bin connect-nonblocking
//!
//! Page: book/src/07-many-at-once/connect-nonblocking.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{self, ExitCode};
use std::time::Instant;
use std::{env, fs};

use anyhow::{Context, Result};
use ch_07_many_at_once::set_nonblocking;
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrLike,
    UnixAddr, bind, connect, getpeername, getsockname, getsockopt, listen,
    socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use stage::{Actor, announce, misuse, outcome};

const USAGE: &str = "usage: connect-nonblocking
example: connect-nonblocking";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        return Err(misuse("connect-nonblocking takes no arguments"));
    }
    // Both sides are in this process: nothing in it waits for the other side.
    let listener = new_socket(AddressFamily::Inet)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    listen(&listener, Backlog::new(0)?)?;
    announce(address)?;

    let first = new_socket(AddressFamily::Inet)?;
    attempt(&first, &address, "room in the queue")?;
    settle(&first, None)?;
    attempt(&first, &address, "")?;
    attempt(&first, &address, "")?;

    // The queue has room for one connection, and the first one is in it.
    let second = new_socket(AddressFamily::Inet)?;
    attempt(&second, &address, "the queue is full")?;
    settle(&second, Some(TimeVal::milliseconds(50)))?;
    attempt(&second, &address, "")?;
    let (taken, _) = sys::accept(&listener).context("accept")?;
    let (from, to) = (listener.as_raw_fd(), taken.as_raw_fd());
    Actor::named("server").step(format!("accept({from}) = {to}"), "")?;
    settle(&second, None)?;

    // A port that nobody else gets while it is bound, and nobody listens on.
    let nobody = new_socket(AddressFamily::Inet)?;
    bind(nobody.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    let address: SockaddrIn = getsockname(nobody.as_raw_fd())?;
    let third = new_socket(AddressFamily::Inet)?;
    attempt(&third, &address, "nobody listens")?;
    settle(&third, None)?;
    settle(&third, None)?;
    attempt(&third, &address, "")?;
    local()
}

/// A socket on which no call waits.
fn new_socket(family: AddressFamily) -> Result<OwnedFd> {
    let new = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    set_nonblocking(&new, true).context("fcntl")?;
    Ok(new)
}

fn attempt(new: &OwnedFd, to: &dyn SockaddrLike, why: &str) -> Result<()> {
    let begun = connect(new.as_raw_fd(), to);
    let call = format!("connect({}) = {}", new.as_raw_fd(), outcome(&begun));
    Actor::named("client").step(call, why)
}

fn settle(new: &OwnedFd, limit: Option<TimeVal>) -> Result<()> {
    let (fd, started) = (new.as_raw_fd(), Instant::now());
    let ended = ended(new, limit)?;
    let client = Actor::named("client");
    let call = format!("select({}, NULL, [{fd}])", fd + 1);
    let time = format!("{:.2} s", started.elapsed().as_secs_f32());
    let Some(how) = ended else {
        return client.step(call + " = 0", &time);
    };
    client.step(call + " = 1", &time)?;
    let how = match how {
        0 => "0".into(),
        _ => format!("{:?}", Errno::from_raw(how)),
    };
    client.step(format!("getsockopt({fd}, SO_ERROR, [{how}]) = 0"), "")
}

// ANCHOR: connect
/// Waits until the attempt to connect has ended, or for `limit`. Returns 0 or
/// the number of the error; nothing where the time is over.
fn ended(new: &OwnedFd, limit: Option<TimeVal>) -> Result<Option<i32>> {
    loop {
        let (mut set, mut limit) = (FdSet::new(), limit);
        set.insert(new.as_fd());
        let nfds = new.as_raw_fd() + 1;
        match select(nfds, None, &mut set, None, limit.as_mut()) {
            Err(Errno::EINTR) => continue,
            Ok(0) => return Ok(None),
            // The attempt is over. How did it end?
            count => count.context("select")?,
        };
        return Ok(Some(getsockopt(new, sockopt::SocketError)?));
    }
}
// ANCHOR_END: connect

/// Local sockets: connected at once or not at all.
fn local() -> Result<()> {
    let name = format!("connect-nonblocking.{}", process::id());
    let path = env::temp_dir().join(name);
    let address = UnixAddr::new(&path)?;
    let listener = new_socket(AddressFamily::Unix)?;
    bind(listener.as_raw_fd(), &address)?;
    listen(&listener, Backlog::new(0)?)?;
    let fourth = new_socket(AddressFamily::Unix)?;
    let fifth = new_socket(AddressFamily::Unix)?;
    let tried = attempt(&fourth, &address, "local")
        .and_then(|()| attempt(&fifth, &address, "local, full queue"));
    // The name goes whatever came of it.
    fs::remove_file(&path)?;
    tried?;
    settle(&fifth, None)?;
    let fd = fifth.as_raw_fd();
    let peer = getpeername::<UnixAddr>(fd).map(|_| ());
    let call = format!("getpeername({fd}) = {}", outcome(&peer));
    Actor::named("client").step(call, "")
}
// ANCHOR_END: all
