//! stale-number: carry a line from one server to another, and tell the first
//! one that it was delivered.
//!
//! What it should do: connect to FROM and read a line; connect to TO and send
//! that line; send `delivered` to FROM and close that connection; then wait
//! until TO has closed its side.
//!
//! Task: exercises/00-first-contact/README.md
//! Check: cargo lab check stale-number

use std::env;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, recv,
    send, socket,
};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [from, to] = &args[..] else {
        eprintln!("usage: stale-number FROM:PORT TO:PORT");
        return ExitCode::from(2);
    };
    let (Ok(from), Ok(to)) = (from.parse(), to.parse()) else {
        eprintln!("{from} or {to} is not an IPv4 address and port");
        return ExitCode::from(2);
    };
    match carry(from, to) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn carry(from: SocketAddrV4, to: SocketAddrV4) -> Result<()> {
    let (line, sender) = fetch(from)?;
    let receiver = connected_socket(to)?;
    say(receiver.as_raw_fd(), &line)?;
    say(sender, b"delivered\n")?;
    wait_for_the_end(&receiver)
}

/// Reads a line from the server at `address`: the line, and where it is to be
/// told that the line was delivered.
fn fetch(address: SocketAddrV4) -> Result<(Vec<u8>, RawFd)> {
    let connection = connected_socket(address)?;
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let piece = hear(&connection)?;
        ensure!(!piece.is_empty(), "{address} sent no whole line");
        line.extend_from_slice(&piece);
    }
    Ok((line, connection.as_raw_fd()))
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}

/// Waits until the peer has sent something, and takes up to 64 bytes of it.
fn hear(socket: &OwnedFd) -> Result<Vec<u8>> {
    let mut buffer = [0; 64];
    let count = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())
        .context("recv")?;
    Ok(buffer[..count].to_vec())
}

fn say(socket: RawFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = send(socket, bytes, sys::MSG_NOSIGNAL).context("send")?;
        bytes = &bytes[count..];
    }
    Ok(())
}

fn wait_for_the_end(socket: &OwnedFd) -> Result<()> {
    while !hear(socket)?.is_empty() {}
    Ok(())
}
