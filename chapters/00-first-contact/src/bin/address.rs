// ANCHOR: all
//! An address is a handful of bytes; a connection is named by two of them.
//!
//! Watch for: the two bytes of port 5555, and the addresses of the server's
//! two sockets.
//!
//! Both sides: cargo run --bin address
//! Server: cargo run --bin address server 0.0.0.0:5555
//! Client: cargo run --bin address client 127.0.0.1:5555
//!
//! Page: book/src/00-first-contact/address.md

use std::net::{SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn,
    SockaddrIn6, bind, connect, getpeername, getsockname, listen, recv, socket,
};
use stage::{Actor, Peer, address, announce, misuse};

const USAGE: &str = "usage: address [server ADDRESS | client ADDRESS]
example: address server 0.0.0.0:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", name] => serve(address(name)?),
        ["client", name] => client(address(name)?),
        _ => Err(misuse("address takes a role and an address")),
    }
}

/// Starts both sides and prints their lines in the order of cause and effect.
fn both_sides() -> Result<()> {
    bytes()?;
    let mut server = Peer::start("server", &["server", "0.0.0.0:0"])?;
    let listening = server.listening()?;
    // 0.0.0.0 is no machine that a client could name.
    let address = listening.replace("0.0.0.0", "127.0.0.1");
    server.show()?;
    let client = Peer::start("client", &["client", &address])?;
    server.show()?;
    server.show()?;
    client.finish()?;
    server.finish()
}

/// Prints addresses as they stand in memory, in hexadecimal.
fn bytes() -> Result<()> {
    let bytes = Actor::named("bytes");
    // ANCHOR: bytes
    let v4 = SockaddrIn::from(address("127.0.0.1:5555")?);
    let raw: &libc::sockaddr_in = v4.as_ref();
    // to_ne_bytes: the bytes as this machine keeps them, first one first.
    let family = raw.sin_family.to_ne_bytes();
    let port = raw.sin_port.to_ne_bytes();
    let host = raw.sin_addr.s_addr.to_ne_bytes();
    let (swapped, plain) = (u16::from_be(raw.sin_port), raw.sin_port);
    let v6 = SockaddrIn6::from("[::1]:5555".parse::<SocketAddrV6>()?);
    let raw: &libc::sockaddr_in6 = v6.as_ref();
    let host6 = raw.sin6_addr.s6_addr;
    // ANCHOR_END: bytes
    bytes.step(v4, &format!("{} bytes", size_of_val(&v4)))?;
    bytes.step(format!("sin_family = {}", hex(&family)), "AF_INET")?;
    bytes.step(format!("sin_port   = {}", hex(&port)), "")?;
    bytes.step(format!("sin_addr   = {}", hex(&host)), "")?;
    bytes.step(format!("port, first byte first: {swapped}"), "")?;
    bytes.step(format!("port, as this machine reads it: {plain}"), "")?;
    bytes.step(v6, &format!("{} bytes", size_of_val(&v6)))?;
    bytes.step(hex(&host6), "sin6_addr")
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<_> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    pairs.join(" ")
}

/// Prints the names of both of the server's sockets.
fn serve(address: SocketAddrV4) -> Result<()> {
    let listener = stream_socket()?;
    bind(listener.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?)?;
    let server = Actor::new("server");
    announce(own_name(&listener)?)?;
    tell(&server, "getsockname", &listener, own_name(&listener)?)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    tell(&server, "getsockname", &connection, own_name(&connection)?)?;
    tell(&server, "getpeername", &connection, peer_name(&connection)?)?;
    // Stays until the client has looked and closed.
    recv(connection.as_raw_fd(), &mut [0; 64], MsgFlags::empty())
        .context("recv")?;
    Ok(())
}

fn client(address: SocketAddrV4) -> Result<()> {
    let client = Actor::new("client");
    let connection = stream_socket()?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    tell(&client, "getsockname", &connection, own_name(&connection)?)?;
    tell(&client, "getpeername", &connection, peer_name(&connection)?)
}

// ANCHOR: names
/// The address of this socket itself.
fn own_name(socket: &OwnedFd) -> Result<SockaddrIn> {
    // https://man7.org/linux/man-pages/man2/getsockname.2.html
    getsockname(socket.as_raw_fd()).context("getsockname")
}

/// The address of the socket at the other end.
fn peer_name(socket: &OwnedFd) -> Result<SockaddrIn> {
    // https://man7.org/linux/man-pages/man2/getpeername.2.html
    getpeername(socket.as_raw_fd()).context("getpeername")
}
// ANCHOR_END: names

fn tell(
    actor: &Actor,
    call: &str,
    socket: &OwnedFd,
    name: SockaddrIn,
) -> Result<()> {
    actor.step(format!("{call}({}) = {name}", socket.as_raw_fd()), "")
}

fn stream_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    Ok(socket(family, kind, SockFlag::empty(), None)?)
}
// ANCHOR_END: all
