//! Wrong: keeps the number in use by forgetting its owner, and closes it never.
//! Fails: the_sender_is_let_go_while_the_receiver_stays
//! Told: expected: the sender hears
//! Believes: drop-only-frees-memory

use std::env;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, IntoRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, recv,
    send, socket,
};

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [from, to] = &args[..] else {
        return ExitCode::from(2);
    };
    let (Ok(from), Ok(to)) = (from.parse(), to.parse()) else {
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

fn fetch(address: SocketAddrV4) -> Result<(Vec<u8>, RawFd)> {
    let connection = connected_socket(address)?;
    let mut line = Vec::new();
    while !line.ends_with(b"\n") {
        let piece = hear(&connection)?;
        ensure!(!piece.is_empty(), "{address} sent no whole line");
        line.extend_from_slice(&piece);
    }
    // There is no memory worth freeing in a number.
    Ok((line, connection.into_raw_fd()))
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}

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
