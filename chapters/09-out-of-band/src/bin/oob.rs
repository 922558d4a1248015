// ANCHOR: all
//! What `MSG_OOB` makes of a send: one urgent byte in a stream of others.
//!
//! Watch for: which byte of a send is the urgent one, which bytes an ordinary
//! recv returns, and what becomes of an urgent byte that nobody read in time.
//!
//! Both sides: cargo run --bin oob
//! Client: cargo run --bin oob client 127.0.0.1:5555
//!
//! Page: book/src/09-out-of-band/oob.md

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use ch_09_out_of_band::{told, until_urgent};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, misuse, wait_for_go};

const USAGE: &str = "usage: oob [client ADDRESS]
example: oob client 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address] => client(address),
        _ => Err(misuse("oob takes a role and an address")),
    }
}

fn both_sides() -> Result<()> {
    let listener = listening_socket()?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    let mut client = Peer::start("client", &["client", &address])?;
    let (connection, _) = sys::accept(&listener)?;
    let fd = connection.as_raw_fd();
    receive(fd, MsgFlags::MSG_OOB, "none was sent")?;
    client.go()?;
    client.show()?;
    until_urgent(&connection, Ok(b'P'))?;
    receive(fd, MsgFlags::MSG_OOB, "the last of four")?;
    receive(fd, MsgFlags::MSG_OOB, "it was read")?;
    receive(fd, MsgFlags::empty(), "what is not urgent")?;
    client.go()?;
    client.show()?;
    client.show()?;
    until_urgent(&connection, Ok(b'2'))?;
    receive(fd, MsgFlags::MSG_OOB, "the newer one")?;
    receive(fd, MsgFlags::empty(), "the older one too")?;
    client.go()?;
    client.show()?;
    client.show()?;
    until_urgent(&connection, Err(Errno::EAGAIN))?;
    receive(fd, MsgFlags::MSG_OOB, "announced, not here yet")
}

/// With a small receive buffer, which each accepted socket inherits.
fn listening_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    setsockopt(&listener, sockopt::RcvBuf, &4096)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    Ok(listener)
}

fn receive(fd: RawFd, flags: MsgFlags, remark: &str) -> Result<()> {
    let mut buffer = [0; 64];
    let said = told(recv(fd, &mut buffer, flags), &buffer);
    let oob = if flags.is_empty() { "" } else { ", OOB" };
    let call = format!("recv({fd}{oob}) = {said}");
    Actor::new("server").step(call, remark)
}

fn client(address: &str) -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    wait_for_go()?;
    urgent(fd, b"STOP")?;
    wait_for_go()?;
    urgent(fd, b"ab1")?;
    urgent(fd, b"cd2")?;
    wait_for_go()?;
    // More than the server's receive buffer holds.
    let count = send(fd, &[b'x'; 10_000], sys::MSG_NOSIGNAL)?;
    let call = format!("send({fd}, 10000 bytes) = {count}");
    Actor::new("client").step(call, "more than fits")?;
    urgent(fd, b"!")
}

// ANCHOR: urgent
/// Sends `bytes` with `MSG_OOB`.
fn urgent(fd: RawFd, bytes: &[u8]) -> Result<()> {
    // https://man7.org/linux/man-pages/man2/send.2.html
    let flags = MsgFlags::MSG_OOB | sys::MSG_NOSIGNAL;
    let count = send(fd, bytes, flags)?;
    // ANCHOR_END: urgent
    let text = String::from_utf8_lossy(bytes);
    let call = format!("send({fd}, {text:?}, OOB) = {count}");
    Actor::new("client").step(call, "")
}
// ANCHOR_END: all
