// ANCHOR: all
//! `getpeername` before there is a peer and after the peer has gone.
//!
//! Watch for: which ways to go leave an address behind and which one takes it
//! away.
//!
//! Both sides: cargo run --bin peer-gone
//!
//! Page: book/src/04-getpeername/peer-gone.md

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn,
    SockaddrStorage, bind, connect, getpeername, getsockname, listen, recv,
    send, socket,
};
use stage::{Actor, Peer, announce, misuse, outcome};

const USAGE: &str = "usage: peer-gone [client ADDRESS]
example: peer-gone client 127.0.0.1:5555";

/// What the server says to each client before it goes. A client reads one byte
/// and ends. Of "hello" it leaves four unread, and its kernel then sends a
/// reset in place of an end of stream: topic 05 tells the two apart. The one
/// that hears nothing is killed while it waits.
const LAST_WORDS: [(&str, &str); 3] =
    [("client A", "y"), ("client B", ""), ("client C", "hello")];

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address] => client(address),
        _ => Err(misuse("peer-gone takes a role and an address")),
    }
}

fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let listener = listening_socket()?;
    let fd = listener.as_raw_fd();
    tell(&server, fd, getpeername(fd), "it listens")?;
    let fresh = tcp_socket()?;
    let fd = fresh.as_raw_fd();
    tell(&server, fd, getpeername(fd), "never connected")?;
    drop(fresh);
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    for (label, word) in LAST_WORDS {
        let client = Peer::start(label, &["client", &address])?;
        let connection = accepted(&server, &listener)?;
        see_off(&server, client, &connection, word)?;
        let fd = connection.as_raw_fd();
        let (end, peer) = after_the_end(fd);
        server.step(format!("recv({fd}) = {}", outcome(&end)), "")?;
        tell(&server, fd, peer, "")?;
    }
    Ok(())
}

fn tcp_socket() -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None)
}

fn listening_socket() -> Result<OwnedFd> {
    let listener = tcp_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::new(127, 0, 0, 1, 0)).context("bind")?;
    listen(&listener, Backlog::new(8)?)?;
    announce(getsockname::<SockaddrIn>(fd)?)?;
    Ok(listener)
}

fn accepted(server: &Actor, listener: &OwnedFd) -> Result<OwnedFd> {
    let (connection, from) = sys::accept(listener).context("accept")?;
    let (fd, new) = (listener.as_raw_fd(), connection.as_raw_fd());
    server.step(format!("accept({fd}) = {new}"), &format!("from {from}"))?;
    Ok(connection)
}

/// Comes back when the client has ended and the parent knows it.
fn see_off(
    server: &Actor,
    mut client: Peer,
    connection: &OwnedFd,
    word: &str,
) -> Result<()> {
    let fd = connection.as_raw_fd();
    if word.is_empty() {
        let call = format!("kill(pid {}, SIGKILL) = 0", client.pid());
        client.kill()?;
        return server.step(call, "the client");
    }
    let count = send(fd, word.as_bytes(), sys::MSG_NOSIGNAL)?;
    server.step(format!("send({fd}, {word:?}) = {count}"), "")?;
    client.finish()
}

// ANCHOR: gone
type End = nix::Result<usize>;
type Name = nix::Result<SockaddrStorage>;

/// What `recv` says of the client's end, and what `getpeername` says then.
fn after_the_end(fd: RawFd) -> (End, Name) {
    // Comes back when this kernel has heard of the end.
    let end = recv(fd, &mut [0], MsgFlags::empty());
    // https://man7.org/linux/man-pages/man2/getpeername.2.html
    let peer = getpeername(fd);
    (end, peer)
}
// ANCHOR_END: gone

fn tell(server: &Actor, fd: RawFd, peer: Name, remark: &str) -> Result<()> {
    let name = peer.map_or(remark.into(), |peer| peer.to_string());
    let outcome = outcome(&peer.map(drop));
    server.step(format!("getpeername({fd}) = {outcome}"), &name)
}

/// Takes one byte and ends.
fn client(address: &str) -> Result<()> {
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    // ANCHOR: client
    let count = recv(fd, &mut [0], MsgFlags::empty())?;
    drop(connection);
    // ANCHOR_END: client
    let call = format!("recv({fd}, 1 byte) = {count}");
    Actor::new("client").step(call, "then it closes")
}
// ANCHOR_END: all
