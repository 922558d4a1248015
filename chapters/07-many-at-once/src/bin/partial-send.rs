// ANCHOR: all
//! A non-blocking `send` takes what fits; the rest is still yours.
//!
//! Watch for: the part of 8,000,000 bytes that the first `send` takes, and how
//! much the reader has to take before `select` calls the sender again.
//!
//! Run: cargo run --bin partial-send
//!
//! Page: book/src/07-many-at-once/partial-send.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use ch_07_many_at_once::set_nonblocking;
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, getsockopt, listen, recv, send, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use stage::{Actor, misuse, outcome};

const USAGE: &str = "usage: partial-send
example: partial-send";

/// How many bytes are to be sent.
const ALL: usize = 8_000_000;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

/// This one process holds both ends: a call that waited at one of them would
/// wait for ever, since nobody would be at the other.
fn run(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        return Err(misuse("partial-send takes no arguments"));
    }
    let (me, you) = (Actor::named("sender"), Actor::named("reader"));
    let (sender, reader) = both_ends()?;
    let fd = sender.as_raw_fd();
    let bytes: Vec<u8> = (0..=250).cycle().take(ALL).collect();
    let (mut rest, mut got) = (&bytes[..], Vec::new());
    let sent = offer(&sender, &mut rest);
    me.step(format!("send({fd}, {ALL}) = {}", outcome(&sent)), "")?;
    fill(&sender, &mut rest)?;
    let call = format!("select({}, NULL, [{fd}])", fd + 1);
    me.step(format!("{call} = 0"), "for 400 ms")?;
    let full = format!("full: {} taken", ALL - rest.len());
    me.step(format!("send({fd}, {}) = -1 EAGAIN", rest.len()), &full)?;

    take(&reader, &mut got, 1)?;
    you.step(format!("recv({}, 1) = 1", reader.as_raw_fd()), "")?;
    let count = i32::from(has_room(&sender, 50)?);
    me.step(format!("{call} = {count}"), "for 50 ms")?;
    while !has_room(&sender, 0)? {
        take(&reader, &mut got, 4096)?;
    }
    let count = format!("{} bytes in all", got.len());
    you.step(format!("recv({}, 4096) …", reader.as_raw_fd()), &count)?;
    let size = getsockopt(&sender, sockopt::SndBuf)?;
    me.step(format!("{call} = 1"), &format!("SO_SNDBUF is {size}"))?;
    let (asked, sent) = (rest.len(), offer(&sender, &mut rest));
    me.step(format!("send({fd}, {asked}) = {}", outcome(&sent)), "")?;

    got.extend(exchange(sender, rest, &reader)?);
    ensure!(got == bytes, "other bytes arrived than were sent");
    you.step(format!("all {ALL} bytes, in order"), "end of stream")
}

/// A connection of this process to itself: the end that connected, on which
/// no call waits, and the end that was accepted.
fn both_ends() -> Result<(OwnedFd, OwnedFd)> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(1)?)?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    let sender = socket(family, kind, SockFlag::empty(), None)?;
    connect(sender.as_raw_fd(), &address).context("connect")?;
    set_nonblocking(&sender, true).context("fcntl")?;
    Ok((sender, sys::accept(&listener).context("accept")?.0))
}

/// Sends until no byte has moved for 400 ms. Until then the kernels may still
/// find room: acknowledgements come in, and the send buffer is made larger.
fn fill(sender: &OwnedFd, rest: &mut &[u8]) -> Result<()> {
    loop {
        let room = has_room(sender, 400)?;
        match offer(sender, rest) {
            Err(Errno::EWOULDBLOCK) if !room => return Ok(()),
            Err(Errno::EWOULDBLOCK) | Ok(1..) => {}
            sent => bail!("send to a reader that does not read: {sent:?}"),
        }
    }
}

/// Whether `select` reports within `limit` ms that the sender can write.
fn has_room(sender: &OwnedFd, limit: i64) -> Result<bool> {
    let (mut set, mut limit) = (FdSet::new(), TimeVal::milliseconds(limit));
    set.insert(sender.as_fd());
    // This program handles no signal, so EINTR does not come.
    let nfds = sender.as_raw_fd() + 1;
    Ok(select(nfds, None, &mut set, None, &mut limit)? > 0)
}

/// Reads once, `most` bytes at most. 0 is the end of the stream.
fn take(reader: &OwnedFd, got: &mut Vec<u8>, most: usize) -> Result<usize> {
    let mut buffer = vec![0; most];
    let count = recv(reader.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
    got.extend_from_slice(&buffer[..count]);
    Ok(count)
}

// ANCHOR: send
/// Offers the kernel all that is left, and cuts off what it takes.
fn offer(sender: &OwnedFd, rest: &mut &[u8]) -> nix::Result<usize> {
    let sent = send(sender.as_raw_fd(), rest, sys::MSG_NOSIGNAL);
    *rest = &rest[sent.unwrap_or(0)..];
    sent
}
// ANCHOR_END: send

// ANCHOR: exchange
/// Sends what is left, reads at the other end whenever there is something to
/// read, and returns what was read up to the end of the stream.
fn exchange(from: OwnedFd, mut rest: &[u8], to: &OwnedFd) -> Result<Vec<u8>> {
    let mut got = Vec::new();
    let nfds = from.as_raw_fd().max(to.as_raw_fd()) + 1;
    while !rest.is_empty() {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        can_read.insert(to.as_fd());
        // Only while something is left to send: a socket with room is
        // reported every time, and the loop would never sleep.
        can_write.insert(from.as_fd());
        select(nfds, &mut can_read, &mut can_write, None, None)?;
        if can_read.contains(to.as_fd()) {
            take(to, &mut got, 65536)?;
        }
        if can_write.contains(from.as_fd()) {
            match offer(&from, &mut rest) {
                Err(Errno::EWOULDBLOCK) => 0,
                sent => sent.context("send")?,
            };
        }
    }
    drop(from);
    while take(to, &mut got, 65536)? > 0 {}
    Ok(got)
}
// ANCHOR_END: exchange
// ANCHOR_END: all
