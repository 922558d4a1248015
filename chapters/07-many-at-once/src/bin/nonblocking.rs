// ANCHOR: all
//! A socket that never makes its process wait: EWOULDBLOCK is an answer.
//!
//! Watch for: the descriptor through which the mode is set and the one through
//! which it is seen, and what tells "nothing yet" from "nothing ever again".
//!
//! Both sides: cargo run --bin nonblocking
//! Server: cargo run --bin nonblocking server 127.0.0.1:5555
//! Client: cargo run --bin nonblocking client 127.0.0.1:5555
//!
//! Page: book/src/07-many-at-once/nonblocking.md

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use ch_07_many_at_once::set_nonblocking;
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use nix::unistd::dup;
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: nonblocking [server ADDRESS | client ADDRESS]
example: nonblocking server 127.0.0.1:5555";

/// How long the server asks in vain.
const SPAN: Duration = Duration::from_millis(100);

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => serve(&listening_socket(address)?, None),
        ["client", address] => client(address),
        _ => Err(misuse("nonblocking takes a role and an address")),
    }
}

fn both_sides() -> Result<()> {
    let listener = listening_socket("127.0.0.1:0")?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    let mut client = Peer::start("client", &["client", &address])?;
    client.show()?;
    serve(&listener, Some(client))
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

/// `peer`: the client, where it takes its steps when it is told to.
fn serve(listener: &OwnedFd, mut peer: Option<Peer>) -> Result<()> {
    let server = Actor::new("server");
    let (connection, _) = sys::accept(listener).context("accept")?;
    let four = connection.as_raw_fd();
    server.step(format!("accept({}) = {four}", listener.as_raw_fd()), "")?;
    let (always, once) = (MsgFlags::empty(), MsgFlags::MSG_DONTWAIT);

    hear(&server, four, once, "nothing yet")?;
    let copy = dup(&connection).context("dup")?;
    server.step(format!("dup({four}) = {}", copy.as_raw_fd()), "")?;
    switch(&server, &copy, true)?;
    let (times, span) = (ask(&connection)?, SPAN.as_millis());
    let call = format!("recv({four}) = -1 EAGAIN");
    server.step(call, &format!("{times} times in {span} ms"))?;
    switch(&server, &connection, false)?;

    next(peer.as_mut())?;
    hear(&server, four, always, "waits again")?;
    hear(&server, four, once, "nothing yet")?;
    next(peer.as_mut())?;
    hear(&server, four, always, "end of stream")?;
    hear(&server, four, once, "nothing ever again")?;
    peer.map_or(Ok(()), Peer::finish)
}

fn next(peer: Option<&mut Peer>) -> Result<()> {
    let Some(peer) = peer else { return Ok(()) };
    peer.go()?;
    peer.show().map(|_| ())
}

/// Calls `recv` once and tells what came of it.
fn hear(who: &Actor, fd: RawFd, flags: MsgFlags, why: &str) -> Result<()> {
    let mut buffer = [0; 64];
    let received = recv(fd, &mut buffer, flags);
    let text = String::from_utf8_lossy(&buffer[..received.unwrap_or(0)]);
    let flags = ["", ", MSG_DONTWAIT"][usize::from(!flags.is_empty())];
    let call = format!("recv({fd}{flags}) = {}", outcome(&received));
    who.step(format!("{call} {text:?}").trim_end_matches(" \"\""), why)
}

/// Tells which flags a socket had and which ones it has now.
fn switch(who: &Actor, socket: &OwnedFd, on: bool) -> Result<()> {
    let (old, new) = set_nonblocking(socket, on).context("fcntl")?;
    let names = ["O_RDWR", "O_RDWR|O_NONBLOCK"];
    let name = |set: OFlag| names[usize::from(set.contains(OFlag::O_NONBLOCK))];
    let fd = socket.as_raw_fd();
    who.step(format!("fcntl({fd}, F_GETFL) = {}", name(old)), "")?;
    who.step(format!("fcntl({fd}, F_SETFL, {}) = 0", name(new)), "")
}

// ANCHOR: ask
/// Asks again and again while nothing comes, and counts. What does come stays
/// where it is: the call peeks.
fn ask(connection: &OwnedFd) -> Result<u32> {
    let (started, mut in_vain) = (Instant::now(), 0);
    while started.elapsed() < SPAN {
        match recv(connection.as_raw_fd(), &mut [0; 64], MsgFlags::MSG_PEEK) {
            // Nothing yet.
            Err(Errno::EWOULDBLOCK) => in_vain += 1,
            Ok(_) => break,
            Err(errno) => return Err(errno).context("recv"),
        }
    }
    Ok(in_vain)
}
// ANCHOR_END: ask

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
