//! swapped-port: connect to an address that came as six bytes, and tell the
//! server our own in the same way.
//!
//! What it should do: read four bytes of a host and two of a port, both in
//! network order; connect there; send the address of our own socket as six
//! bytes in network order; print `connected to` and the server's address.
//!
//! Task: exercises/01-connect/README.md
//! Check: cargo lab check swapped-port

use std::env;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, getsockname, send,
    socket,
};

/// An address on its way between two programs.
const LENGTH: usize = 6;

fn main() -> ExitCode {
    if env::args().nth(1).is_some() {
        eprintln!("usage: swapped-port <SIX-BYTES");
        return ExitCode::from(2);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut bytes = [0; LENGTH];
    io::stdin()
        .read_exact(&mut bytes)
        .context("read six bytes")?;
    let server = unpack(bytes);
    let connection = connected_socket(server)?;
    let own: SockaddrIn = getsockname(connection.as_raw_fd())?;
    say(&connection, &pack(SocketAddrV4::new(own.ip(), own.port())))?;
    writeln!(io::stdout(), "connected to {server}")?;
    Ok(())
}

/// The address that six bytes stand for.
fn unpack(bytes: [u8; LENGTH]) -> SocketAddrV4 {
    let [a, b, c, d, port @ ..] = bytes;
    SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), u16::from_ne_bytes(port))
}

/// The six bytes that stand for an address.
fn pack(address: SocketAddrV4) -> [u8; LENGTH] {
    let [a, b, c, d] = address.ip().octets();
    let [e, f] = address.port().to_ne_bytes();
    [a, b, c, d, e, f]
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}

fn say(socket: &OwnedFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = send(socket.as_raw_fd(), bytes, sys::MSG_NOSIGNAL)
            .context("send")?;
        bytes = &bytes[count..];
    }
    Ok(())
}
