// ANCHOR: all
//! `MSG_PEEK` looks at bytes and leaves them where they are, and what other
//! flags of `send` and `recv` do.
//!
//! Watch for: which calls give the same bytes again, which one waits, and what
//! the flags of the client's calls change.
//!
//! Both sides: cargo run --bin peek
//! Server: cargo run --bin peek server 127.0.0.1:5555
//! Client: cargo run --bin peek client 127.0.0.1:5555
//!
//! Page: book/src/05-transfer/peek.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, announce, misuse, wait_for_go};

const USAGE: &str = "usage: peek [server ADDRESS | client ADDRESS]
example: peek server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => server(address),
        ["client", address] => client(address),
        _ => Err(misuse("peek takes a role and an address")),
    }
}

/// Lets the client take a step and shows what the server makes of it.
fn both_sides() -> Result<()> {
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = server.listening()?;
    let mut client = Peer::start("client", &["client", &address])?;
    for answers in [4, 1, 2, 2] {
        client.go()?;
        client.show()?;
        for _ in 0..answers {
            server.show()?;
        }
    }
    client.finish()?;
    server.finish()
}

fn server(address: &str) -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    let name = SockaddrIn::from(stage::address(address)?);
    bind(listener.as_raw_fd(), &name)
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?)?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;

    // ANCHOR: peek
    let (take, peek) = (MsgFlags::empty(), MsgFlags::MSG_PEEK);
    let all = MsgFlags::MSG_WAITALL;
    // The client has sent "hello".
    receive(&connection, 2, peek)?;
    receive(&connection, 64, peek)?;
    receive(&connection, 64, peek)?;
    receive(&connection, 64, take)?;
    // The client has sent "wor", and is about to send "ld".
    receive(&connection, 5, peek)?;
    receive(&connection, 5, peek | all)?;
    receive(&connection, 5, all)?;
    // The client closes.
    receive(&connection, 5, peek)?;
    receive(&connection, 5, take)
    // ANCHOR_END: peek
}

// ANCHOR: receive
fn receive(connection: &OwnedFd, size: usize, flags: MsgFlags) -> Result<()> {
    let mut buffer = vec![0; size];
    let fd = connection.as_raw_fd();
    let count = loop {
        // https://man7.org/linux/man-pages/man2/recv.2.html
        match recv(fd, &mut buffer, flags) {
            // A signal came first; no byte is lost.
            Err(Errno::EINTR) => {}
            result => break result.context("recv")?,
        }
    };
    let text = String::from_utf8_lossy(&buffer[..count]);
    // ANCHOR_END: receive
    let flags: Vec<&str> = flags.iter_names().map(|(name, _)| name).collect();
    let flags = if flags.is_empty() {
        "0".into()
    } else {
        flags.join("|")
    };
    let call = format!("recv({fd}, {size} bytes, {flags}) = {count} {text:?}");
    Actor::new("server").step(call, "")
}

fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    // ANCHOR: flags
    // nix has no name for it; `MsgFlags` is the mask all the same.
    let dontroute = MsgFlags::from_bits_retain(libc::MSG_DONTROUTE);
    let quiet = sys::MSG_NOSIGNAL;
    for (text, flags, name) in [
        ("hello", quiet, "MSG_NOSIGNAL"),
        ("wor", quiet | MsgFlags::MSG_PEEK, "MSG_NOSIGNAL|MSG_PEEK"),
        ("ld", quiet | dontroute, "MSG_NOSIGNAL|MSG_DONTROUTE"),
    ] {
        wait_for_go()?;
        // https://man7.org/linux/man-pages/man2/send.2.html
        let sent = send(fd, text.as_bytes(), flags).context("send")?;
        // ANCHOR_END: flags
        client.step(format!("send({fd}, {text:?}, {name}) = {sent}"), "")?;
    }
    wait_for_go()?;
    drop(connection);
    client.step(format!("close({fd}) = 0"), "")
}
// ANCHOR_END: all
