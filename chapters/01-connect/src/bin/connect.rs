// ANCHOR: all
//! A client that connects, sends and leaves before the server calls `accept`.
//!
//! Watch for: which side's lines come first, and what the server still reads
//! from a client that has ended.
//!
//! Both sides: cargo run --bin connect
//! Server: cargo run --bin connect server 127.0.0.1:5555
//! Client: cargo run --bin connect client 127.0.0.1:5555
//!
//! Page: book/src/01-connect/connect.md

use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, address, announce, misuse, wait_for_go};

const USAGE: &str = "usage: connect [server ADDRESS | client ADDRESS]
example: connect client 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", name] => serve(address(name)?),
        ["client", name] => client(address(name)?),
        _ => Err(misuse("connect takes a role and an address")),
    }
}

/// The client lives and ends while the server's program does nothing.
fn both_sides() -> Result<()> {
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = server.listening()?;
    let mut client = Peer::start("client", &["client", &address])?;
    let code = client.end()?.code().context("the client was killed")?;
    Actor::new("client").step(format!("exit({code})"), "process is gone")?;
    server.go()?;
    server.finish()
}

/// Listens, and calls `accept` only after a line on standard input.
fn serve(address: SocketAddrV4) -> Result<()> {
    let server = Actor::new("server");
    let listener = tcp_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::from(address))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?).context("listen")?;
    announce(getsockname::<SockaddrIn>(fd)?)?;
    wait_for_go()?;
    let (connection, from) = sys::accept(&listener).context("accept")?;
    let talk = connection.as_raw_fd();
    server.step(format!("accept({fd}) = {talk}"), &format!("from {from}"))?;
    loop {
        let mut buffer = [0; 64];
        let count = recv(talk, &mut buffer, MsgFlags::empty())?;
        let said = buffer[..count].escape_ascii();
        // 0 is the end of the stream: the client has closed its side, and
        // every byte that it had sent before has been read.
        let remark = if count == 0 { "end of stream" } else { "" };
        server.step(format!("recv({talk}) = {count} \"{said}\""), remark)?;
        if count == 0 {
            return Ok(());
        }
    }
}

fn client(address: SocketAddrV4) -> Result<()> {
    let client = Actor::new("client");
    let (connection, own) = connected_socket(address)?;
    let fd = connection.as_raw_fd();
    client.step(format!("connect({fd}) = 0"), &format!("from {own}"))?;
    let count = send(fd, b"hello", sys::MSG_NOSIGNAL).context("send")?;
    client.step(format!("send({fd}, \"hello\") = {count}"), "")?;
    drop(connection);
    client.step(format!("close({fd}) = 0"), "")
}

// ANCHOR: connect
/// Connects to the server at `address`: the socket, and the address that the
/// kernel gave it on this side.
fn connected_socket(address: SocketAddrV4) -> Result<(OwnedFd, SockaddrIn)> {
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    // Nobody called bind for this socket: the kernel picks its own address
    // and a free port for it on the way.
    // https://man7.org/linux/man-pages/man2/connect.2.html
    connect(fd, &SockaddrIn::from(address))
        // On failure `connection` is dropped, and so closed, right here:
        // POSIX leaves open what a socket is good for after that.
        .with_context(|| format!("connect to {address}"))?;
    let own = getsockname(fd).context("getsockname")?;
    Ok((connection, own))
}

fn tcp_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}
// ANCHOR_END: connect
// ANCHOR_END: all
