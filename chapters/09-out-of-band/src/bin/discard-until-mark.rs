// ANCHOR: all
//! Throwing away what was sent before the urgent byte: "cancel all of that".
//!
//! Watch for: where each read stops, what a read that starts at the mark does
//! to the urgent byte, and what happens where no mark comes.
//!
//! Both sides: cargo run --bin discard-until-mark
//! Server: cargo run --bin discard-until-mark server 127.0.0.1:5555
//! Client: cargo run --bin discard-until-mark client 127.0.0.1:5555
//!
//! Page: book/src/09-out-of-band/discard-until-mark.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use ch_09_out_of_band::{told, wait};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, announce, misuse};

const USAGE: &str = "usage: discard-until-mark [server | client ADDRESS]
example: discard-until-mark server 127.0.0.1:5555";

/// The right order: an ordinary `recv` that starts at the mark skips the byte.
const URGENT_FIRST: [MsgFlags; 2] = [MsgFlags::MSG_OOB, MsgFlags::empty()];

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => serve(&listening_socket(address)?, URGENT_FIRST),
        ["client", address] => client(address, true),
        ["client", address, "no-mark"] => client(address, false),
        _ => Err(misuse("discard-until-mark takes a role and an address")),
    }
}

/// Each client has sent everything and closed before the server looks.
fn both_sides() -> Result<()> {
    let listener = listening_socket("127.0.0.1:0")?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    Peer::start("client A", &["client", &address])?.finish()?;
    serve(&listener, URGENT_FIRST)?;
    Peer::start("client B", &["client", &address])?.finish()?;
    serve(&listener, [MsgFlags::empty(), MsgFlags::MSG_OOB])?;
    Peer::start("client C", &["client", &address, "no-mark"])?.finish()?;
    serve(&listener, URGENT_FIRST)
}

fn listening_socket(address: &str) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(8)?)?;
    announce(getsockname::<SockaddrIn>(fd)?)?;
    Ok(listener)
}

/// Serves one client: discards, then reads twice, with these flags.
fn serve(listener: &OwnedFd, reads: [MsgFlags; 2]) -> Result<()> {
    let server = Actor::new("server");
    let (connection, _) = sys::accept(listener)?;
    let fd = connection.as_raw_fd();
    let discarded = discard_until_mark(&connection).context("discard")?;
    let call = format!("discard_until_mark({fd}) = {discarded:?}");
    if discarded.is_none() {
        return server.step(call, "no mark in this stream");
    }
    server.step(call, "bytes; now at the mark")?;
    for flags in reads {
        let mut buffer = [0; 64];
        let said = told(recv(fd, &mut buffer, flags), &buffer);
        let oob = if flags.is_empty() { "" } else { ", OOB" };
        server.step(format!("recv({fd}{oob}) = {said}"), "")?;
    }
    Ok(())
}

// ANCHOR: discard
/// Reads and throws away what was sent before the urgent byte. Returns how
/// many bytes that were, or `None` where the stream ends without a mark.
fn discard_until_mark(connection: &OwnedFd) -> nix::Result<Option<usize>> {
    // Any size will do.
    let (mut buffer, mut discarded) = ([0; 1024], 0);
    while !sys::at_mark(connection)? {
        // A recv that waits where the mark then comes would step over it. So
        // the waiting is done here, and the question is asked again.
        wait(connection, None)?;
        if sys::at_mark(connection)? {
            break;
        }
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(None),
            Ok(count) => discarded += count,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(Some(discarded))
}
// ANCHOR_END: discard

fn client(address: &str, mark: bool) -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    let flags = sys::MSG_NOSIGNAL;
    let client = Actor::new("client");
    let count = send(fd, &[b'x'; 2000], flags)?;
    client.step(format!("send({fd}, 2000 bytes) = {count}"), "")?;
    if mark {
        let count = send(fd, b"!", flags | MsgFlags::MSG_OOB)?;
        client.step(format!("send({fd}, \"!\", OOB) = {count}"), "")?;
    }
    let count = send(fd, b"now this", flags)?;
    client.step(format!("send({fd}, \"now this\") = {count}"), "")
}
// ANCHOR_END: all
