// ANCHOR: all
//! A socket is a number, from the call that makes it to the drop that ends it.
//!
//! Watch for: which number each new socket gets, what the server does when the
//! client drops its own, and what becomes of a number that was closed.
//!
//! Both sides: cargo run --bin descriptor
//! Server: cargo run --bin descriptor server 127.0.0.1:5555
//! Client: cargo run --bin descriptor client 127.0.0.1:5555
//!
//! Page: book/src/00-first-contact/descriptor.md

use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, socket,
};
use stage::{Actor, Peer, address, announce, misuse, outcome};

const USAGE: &str = "usage: descriptor [server ADDRESS | client ADDRESS]
example: descriptor server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", name] => serve(address(name)?),
        ["client", name] => client(address(name)?),
        _ => Err(misuse("descriptor takes a role and an address")),
    }
}

/// Starts both sides and prints their lines in the order of cause and effect.
fn both_sides() -> Result<()> {
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = server.listening()?;
    let mut client = Peer::start("client", &["client", &address])?;
    for _ in 0..5 {
        client.show()?; // the numbers, and connect
    }
    server.show()?; // accept
    client.show()?; // the drop
    server.show()?; // recv
    client.finish()?;
    server.finish()
}

/// Takes one client and waits for what it has to say.
fn serve(address: SocketAddrV4) -> Result<()> {
    let server = Actor::new("server");
    let listener = stream_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::from(address))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?)?;
    announce(getsockname::<SockaddrIn>(fd)?)?;
    let (connection, from) = sys::accept(&listener).context("accept")?;
    let talk = connection.as_raw_fd();
    server.step(format!("accept({fd}) = {talk}"), &format!("from {from}"))?;
    let count = recv(talk, &mut [0; 64], MsgFlags::empty()).context("recv")?;
    server.step(format!("recv({talk}) = {count}"), "")
}

fn client(address: SocketAddrV4) -> Result<()> {
    let client = Actor::new("client");
    // ANCHOR: numbers
    let first = stream_socket()?;
    let second = stream_socket()?;
    let numbers = (first.as_raw_fd(), second.as_raw_fd());
    drop(first);
    let third = stream_socket()?;
    // ANCHOR_END: numbers
    let (one, two) = numbers;
    client.step(format!("socket() = {one}"), "")?;
    client.step(format!("socket() = {two}"), "")?;
    client.step(format!("close({one})"), "dropped")?;
    client.step(format!("socket() = {}", third.as_raw_fd()), "")?;
    connect(third.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    client.step(format!("connect({}) = 0", third.as_raw_fd()), "")?;
    // ANCHOR: stale
    // The number outlives its owner: it is a plain i32.
    let stale: RawFd = third.as_raw_fd();
    drop(third);
    let closed = recv(stale, &mut [0; 64], MsgFlags::empty());
    // One more socket, and the old number once more.
    let fourth = stream_socket()?;
    let taken = getsockname::<SockaddrIn>(stale);
    // And the number of a pipe.
    let (pipe, _writer) = std::io::pipe()?;
    let other = recv(pipe.as_raw_fd(), &mut [0; 64], MsgFlags::empty());
    // ANCHOR_END: stale
    client.step(format!("close({stale})"), "dropped")?;
    client.step(format!("recv({stale}) = {}", outcome(&closed)), "")?;
    client.step(format!("socket() = {}", fourth.as_raw_fd()), "")?;
    let result = outcome(&taken.map(|_| ()));
    client.step(format!("getsockname({stale}) = {result}"), "old number")?;
    let (pipe, result) = (pipe.as_raw_fd(), outcome(&other));
    client.step(format!("recv({pipe}) = {result}"), "a pipe")
}

fn stream_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    Ok(socket(family, kind, SockFlag::empty(), None)?)
}
// ANCHOR_END: all
