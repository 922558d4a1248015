// ANCHOR: all
//! `getpeername` tells who is at the other end: the address that your kernel
//! keeps with the connection.
//!
//! Watch for: the same two addresses at both ends, the other way round; a
//! client without a name; a program that did not make its connection.
//!
//! Both sides: cargo run --bin getpeername
//! Both sides: cargo run --bin getpeername ipv6
//! Server: cargo run --bin getpeername server 127.0.0.1:5555
//! Client: cargo run --bin getpeername client 127.0.0.1:5555
//!
//! Page: book/src/04-getpeername/getpeername.md

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::{Command, ExitCode};
use std::{env, fs, io, process};

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    UnixAddr, bind, connect, getpeername, getsockname, listen, setsockopt,
    socket, socketpair, sockopt,
};
use stage::{Actor, Peer, announce, misuse, wait_for_go};

const USAGE: &str = "usage: getpeername [ipv6 | service | ROLE ADDRESS]
example: getpeername server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_ends(),
        ["ipv6"] => one_listener_for_both_families(),
        ["server", address] => serve(&listening_socket(address)?.0).map(drop),
        ["client", address] => client(address),
        ["service"] => ask(&Actor::new("service"), io::stdin().as_raw_fd()),
        _ => Err(misuse("getpeername takes a role and an address")),
    }
}

/// A connection over TCP, handed to another program, then local sockets.
fn both_ends() -> Result<()> {
    let (listener, address) = listening_socket("127.0.0.1:0")?;
    let (_client, connection) = meet("client", &listener, &address)?;
    // ANCHOR: inherited
    // The new process finds the connection at its descriptor 0.
    let mut service = Command::new(env::current_exe()?);
    let status = service.arg("service").stdin(connection).status()?;
    // ANCHOR_END: inherited
    ensure!(status.success(), "the service ended with {status}");

    let path = format!("/tmp/getpeername-{}", process::id());
    let (listener, address) = listening_socket(&path)?;
    let met = meet("client", &listener, &address);
    fs::remove_file(&path).context(path)?;
    met?;
    let (family, kind) = (AddressFamily::Unix, SockType::Stream);
    let (one, _other) = socketpair(family, kind, None, SockFlag::empty())?;
    ask(&Actor::named("a pair"), one.as_raw_fd())
}

/// One IPv6 listening socket that takes clients of both families.
fn one_listener_for_both_families() -> Result<()> {
    let (listener, any) = listening_socket("[::]:0")?;
    for (label, host) in [("client A", "[::1]"), ("client B", "127.0.0.1")] {
        meet(label, &listener, &any.replace("[::]", host))?;
    }
    Ok(())
}

fn listening_socket(address: &str) -> Result<(OwnedFd, String)> {
    let (listener, address) = socket_for(address)?;
    let fd = listener.as_raw_fd();
    if address.family() == Some(AddressFamily::Inet6) {
        // Some systems keep IPv4 clients out unless they are told not to.
        setsockopt(&listener, sockopt::Ipv6V6Only, &false)?;
    }
    bind(fd, &*address).context("bind")?;
    listen(&listener, Backlog::new(8)?)?;
    let own = name(&getsockname(fd)?);
    announce(&own)?;
    Ok((listener, own))
}

/// A socket of the family that `text` is an address of: a path, or an IP
/// address and a port.
fn socket_for(text: &str) -> Result<(OwnedFd, Box<dyn SockaddrLike>)> {
    let address: Box<dyn SockaddrLike> = if text.starts_with('/') {
        Box::new(UnixAddr::new(text)?)
    } else {
        let ip: SocketAddr = text.parse().map_err(|_| misuse("no address"))?;
        Box::new(SockaddrStorage::from(ip))
    };
    let family = address.family().context("an address of no family")?;
    let socket = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    Ok((socket, address))
}

/// Starts a client, accepts its connection, and asks at both ends.
fn meet(
    label: &str,
    listener: &OwnedFd,
    address: &str,
) -> Result<(Peer, OwnedFd)> {
    let mut client = Peer::start(label, &["client", address])?;
    client.show()?;
    client.show()?;
    Ok((client, serve(listener)?))
}

fn serve(listener: &OwnedFd) -> Result<OwnedFd> {
    let server = Actor::new("server");
    let (connection, from) = sys::accept(listener).context("accept")?;
    let (fd, new) = (listener.as_raw_fd(), connection.as_raw_fd());
    server.step(format!("accept({fd}) = {new}"), &name(&from))?;
    ask(&server, new)?;
    Ok(connection)
}

fn ask(actor: &Actor, fd: RawFd) -> Result<()> {
    let (peer, own) = both_names(fd).with_context(|| format!("ask of {fd}"))?;
    actor.step(format!("getpeername({fd}) = 0"), &name(&peer))?;
    actor.step(format!("getsockname({fd}) = 0"), &name(&own))
}

// ANCHOR: names
/// The address at the other end of a connection, and the one at this end.
fn both_names(fd: RawFd) -> nix::Result<(SockaddrStorage, SockaddrStorage)> {
    // https://man7.org/linux/man-pages/man2/getpeername.2.html
    // https://man7.org/linux/man-pages/man2/getsockname.2.html
    Ok((getpeername(fd)?, getsockname(fd)?))
}

/// An address in words. Its family says how the other bytes are to be read.
fn name(address: &SockaddrStorage) -> String {
    match address.as_unix_addr().map(UnixAddr::path) {
        Some(Some(path)) => path.display().to_string(),
        // A local socket that nobody has bound has an address all the same:
        // a family and nothing else.
        Some(None) => "no name".into(),
        // IPv4 or IPv6: nix knows which, and how it is written.
        None => address.to_string(),
    }
}
// ANCHOR_END: names

fn client(address: &str) -> Result<()> {
    let (connection, server) = socket_for(address)?;
    let fd = connection.as_raw_fd();
    connect(fd, &*server).with_context(|| format!("connect to {address}"))?;
    ask(&Actor::new("client"), fd)?;
    wait_for_go()
}
// ANCHOR_END: all
