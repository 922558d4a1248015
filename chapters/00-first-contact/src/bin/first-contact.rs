// ANCHOR: all
//! A whole conversation between two processes, call by call.
//!
//! Watch for: the two numbers that the server holds, who waits for whom, and
//! what the server's last `recv` gives back.
//!
//! Both sides: cargo run --bin first-contact
//! Server: cargo run --bin first-contact server 127.0.0.1:5555
//! Client: cargo run --bin first-contact client 127.0.0.1:5555
//!
//! Page: book/src/00-first-contact/first-contact.md

use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, address, announce, misuse};

const USAGE: &str = "usage: first-contact [server ADDRESS | client ADDRESS]
example: first-contact server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", name] => serve(address(name)?),
        ["client", name] => client(address(name)?),
        _ => Err(misuse("first-contact takes a role and an address")),
    }
}

/// Starts both sides and prints their lines in the order of cause and effect.
fn both_sides() -> Result<()> {
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = server.listening()?;
    let mut client = Peer::start("client", &["client", &address])?;
    client.show()?; // connect
    server.show()?; // accept
    client.show()?; // send
    server.show()?; // recv
    server.show()?; // send
    client.finish()?; // recv, close
    server.finish() // recv, close
}

fn serve(address: SocketAddrV4) -> Result<()> {
    let server = Actor::new("server");
    let listener = listening_socket(address)?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    let fd = listener.as_raw_fd();
    // ANCHOR: accept
    // Waits until a client has come.
    // https://man7.org/linux/man-pages/man2/accept.2.html
    let (connection, from) = sys::accept(&listener).context("accept")?;
    // ANCHOR_END: accept
    let talk = connection.as_raw_fd();
    server.step(format!("accept({fd}) = {talk}"), &format!("from {from}"))?;
    loop {
        let said = hear(&connection)?;
        server.step(heard(talk, &said), "")?;
        // The end of the stream: the client sends no more, ever.
        if said.is_empty() {
            break;
        }
        let answer = said.to_ascii_uppercase();
        let (count, text) = (say(&connection, &answer)?, answer.escape_ascii());
        server.step(format!("send({talk}, \"{text}\") = {count}"), "")?;
    }
    drop(connection);
    server.step(format!("close({talk})"), "")
}

// ANCHOR: server
/// Makes a socket that clients can connect to.
fn listening_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    // Asks for a socket: IPv4 addresses, a stream of bytes.
    // https://man7.org/linux/man-pages/man2/socket.2.html
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    // Gives it the address that clients will name.
    // https://man7.org/linux/man-pages/man2/bind.2.html
    bind(listener.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("bind {address}"))?;
    // Tells the kernel to let clients in.
    // https://man7.org/linux/man-pages/man2/listen.2.html
    listen(&listener, Backlog::new(1)?)?;
    Ok(listener)
}
// ANCHOR_END: server

fn client(address: SocketAddrV4) -> Result<()> {
    let client = Actor::new("client");
    let connection = connected_socket(address)?;
    let fd = connection.as_raw_fd();
    client.step(format!("connect({fd}, {address}) = 0"), "")?;
    let hello = "hello\n";
    let count = say(&connection, hello.as_bytes())?;
    client.step(format!("send({fd}, {hello:?}) = {count}"), "")?;
    loop {
        let piece = hear(&connection)?;
        client.step(heard(fd, &piece), "")?;
        // A line ends with its newline, however many pieces it comes in.
        if piece.is_empty() || piece.ends_with(b"\n") {
            break;
        }
    }
    // The end of the owner is the end of the socket: drop calls close.
    // https://man7.org/linux/man-pages/man2/close.2.html
    drop(connection);
    client.step(format!("close({fd})"), "")
}

// ANCHOR: client
/// Makes a socket and connects it to the server's.
fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    // https://man7.org/linux/man-pages/man2/connect.2.html
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}
// ANCHOR_END: client

// ANCHOR: both
/// Waits until the peer has sent something, and takes up to 64 bytes of it.
fn hear(socket: &OwnedFd) -> Result<Vec<u8>> {
    let mut buffer = [0; 64];
    // https://man7.org/linux/man-pages/man2/recv.2.html
    let count = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty())
        .context("recv")?;
    Ok(buffer[..count].to_vec())
}

/// Gives the kernel bytes for the peer; says how many it took. It may take
/// less than it is given, though not of so few: topic 05 has the loop, and
/// the reason for `MSG_NOSIGNAL`.
fn say(socket: &OwnedFd, bytes: &[u8]) -> Result<usize> {
    // https://man7.org/linux/man-pages/man2/send.2.html
    send(socket.as_raw_fd(), bytes, sys::MSG_NOSIGNAL).context("send")
}
// ANCHOR_END: both

fn heard(fd: RawFd, bytes: &[u8]) -> String {
    format!("recv({fd}) = {} \"{}\"", bytes.len(), bytes.escape_ascii())
}
// ANCHOR_END: all
