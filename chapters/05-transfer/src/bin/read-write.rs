// ANCHOR: all
//! `read` and `write` on a connected socket, at both ends, beside `send` and
//! `recv` with flags 0.
//!
//! Watch for: every line that reads gives what the line before it wrote, by
//! whichever pair of calls; and the calls at its end that fail or differ.
//!
//! Both sides: cargo run --bin read-write
//! Server: cargo run --bin read-write server 127.0.0.1:5555
//! Client: cargo run --bin read-write client 127.0.0.1:5555
//!
//! Page: book/src/05-transfer/read-write.md

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use nix::unistd::{Whence, lseek, read, write};
use stage::{Actor, Peer, announce, misuse, outcome};

const USAGE: &str = "usage: read-write [server ADDRESS | client ADDRESS]
example: read-write server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => server(address),
        ["client", address] => client(address),
        _ => Err(misuse("read-write takes a role and an address")),
    }
}

/// The two take turns, because each waits for what the other one writes.
fn both_sides() -> Result<()> {
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = server.listening()?;
    let mut client = Peer::start("client", &["client", &address])?;
    for _ in 0..2 {
        client.show()?;
        client.show()?;
        server.show()?;
        server.show()?;
    }
    client.finish()?;
    server.finish()
}

fn server(address: &str) -> Result<()> {
    let server = Actor::new("server");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    let name = SockaddrIn::from(stage::address(address)?);
    bind(listener.as_raw_fd(), &name)
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?)?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    let fd = connection.as_raw_fd();

    // ANCHOR: server
    let mut buffer = [0; 64];
    let one = recv(fd, &mut buffer, MsgFlags::empty()).context("recv")?;
    let two = write(&connection, b"two").context("write")?;
    let three = read(&connection, &mut buffer[one..]).context("read")?;
    let four = send(fd, b"four", MsgFlags::empty()).context("send")?;
    // ANCHOR_END: server
    let (first, third) = buffer[..one + three].split_at(one);
    server.step(format!("recv({fd}) = {}", text(first)), "")?;
    server.step(format!("write({fd}, \"two\") = {two}"), "")?;
    server.step(format!("read({fd}) = {}", text(third)), "")?;
    server.step(format!("send({fd}, \"four\", 0) = {four}"), "")?;

    // std's own types take the descriptor over as it is.
    let mut all = Vec::new();
    TcpStream::from(connection).read_to_end(&mut all)?;
    server.step(format!("recv({fd}) = {}", text(&all)), "by TcpStream")
}

fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    // The server says nothing before it is spoken to, so nothing is there.
    let count = read(&connection, &mut []).context("read")?;
    client.step(format!("read({fd}, 0 bytes) = {count}"), "at once")?;

    // ANCHOR: client
    // https://man7.org/linux/man-pages/man2/write.2.html
    // https://man7.org/linux/man-pages/man2/read.2.html
    // `write` has no MSG_NOSIGNAL. A broken connection is EPIPE all the same,
    // because Rust ignores SIGPIPE before `main`.
    let mut buffer = [0; 64];
    let one = write(&connection, b"one").context("write")?;
    let two = recv(fd, &mut buffer, MsgFlags::empty()).context("recv")?;
    let three = send(fd, b"three", MsgFlags::empty()).context("send")?;
    let four = read(&connection, &mut buffer[two..]).context("read")?;
    // ANCHOR_END: client
    let (second, fourth) = buffer[..two + four].split_at(two);
    client.step(format!("write({fd}, \"one\") = {one}"), "")?;
    client.step(format!("recv({fd}) = {}", text(second)), "")?;
    client.step(format!("send({fd}, \"three\", 0) = {three}"), "")?;
    client.step(format!("read({fd}) = {}", text(fourth)), "")?;
    differences(&client, connection)
}

/// What a socket and an open file do not have in common.
fn differences(client: &Actor, connection: OwnedFd) -> Result<()> {
    let fd = connection.as_raw_fd();
    let position = lseek(&connection, 0, Whence::SeekCur).map(|_| ());
    let call = format!("lseek({fd}, 0, SEEK_CUR) = {}", outcome(&position));
    client.step(call, "no position to move")?;

    // std's File calls `write`, and asks nobody what it is that it owns.
    let mut file = File::from(connection);
    file.write_all(b"five").context("write")?;
    client.step(format!("write({fd}, \"five\") = 4"), "by File")?;

    let null = File::options().write(true).open("/dev/null")?;
    let fd = null.as_raw_fd();
    let sent = outcome(&send(fd, b"six", MsgFlags::empty()));
    client.step(format!("send({fd}, \"six\", 0) = {sent}"), "/dev/null")
}

fn text(bytes: &[u8]) -> String {
    format!("{} {:?}", bytes.len(), String::from_utf8_lossy(bytes))
}
// ANCHOR_END: all
