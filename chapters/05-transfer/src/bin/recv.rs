// ANCHOR: all
//! How many bytes a `recv` gives, and what a 0 means.
//!
//! Watch for: how each client cuts its bytes and how they come out, and the
//! two reasons for a 0.
//!
//! Both sides: cargo run --bin recv
//! Client: cargo run --bin recv client 127.0.0.1:5555 HELLO 'THERE!' YOU.
//!
//! Page: book/src/05-transfer/recv.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use ch_05_transfer::send_all;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, socket,
};
use stage::{Actor, Peer, announce, misuse, wait_for_go};

const USAGE: &str = "usage: recv [client ADDRESS TEXT...]
example: recv client 127.0.0.1:5555 HELLO 'THERE!' YOU.";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address, texts @ ..] => client(address, texts),
        _ => Err(misuse("recv takes a role, an address and texts")),
    }
}

/// The server, which meets three clients, one after another.
fn both_sides() -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(1)?)?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;

    // All of A is here before the server asks for any of it.
    let texts = ["HELLO", "THERE!", "YOU."];
    let (mut peer, a) = meet(&listener, "client A", &texts)?;
    texts.iter().try_for_each(|_| say_next(&mut peer))?;
    peer.finish()?;
    wait_for_the_end(&a)?;
    receive(&a, 0)?;
    receive_all(&a, 64)?;
    receive(&a, 64)?;

    let (mut peer, b) = meet(&listener, "client B", &["HELLOTHERE!YOU."])?;
    say_next(&mut peer)?;
    peer.finish()?;
    receive_all(&b, 6)?;

    // C speaks again only after the server has read what it said first.
    let (mut peer, c) = meet(&listener, "client C", &["HEL", "LO"])?;
    say_next(&mut peer)?;
    receive(&c, 5)?;
    say_next(&mut peer)?;
    peer.finish()?;
    receive_all(&c, 5)
}

/// Starts a client and takes its connection.
fn meet(at: &OwnedFd, name: &str, say: &[&str]) -> Result<(Peer, OwnedFd)> {
    let here = getsockname::<SockaddrIn>(at.as_raw_fd())?.to_string();
    let peer = Peer::start(name, &[&["client", &here], say].concat())?;
    let (connection, _) = sys::accept(at).context("accept")?;
    Ok((peer, connection))
}

fn say_next(client: &mut Peer) -> Result<()> {
    client.go()?;
    client.show().map(drop)
}

/// Waits until the peer's kernel has told that nothing will follow. Topic 07
/// is about `poll`; here it is so that all bytes have arrived, every time.
fn wait_for_the_end(connection: &OwnedFd) -> Result<()> {
    #[cfg(target_os = "linux")]
    let end = PollFlags::from_bits_retain(nix::libc::POLLRDHUP);
    // Where poll has no such event, the first bytes have to do.
    #[cfg(not(target_os = "linux"))]
    let end = PollFlags::POLLIN;
    let mut waiting = [PollFd::new(connection.as_fd(), end)];
    poll(&mut waiting, PollTimeout::NONE).context("poll")?;
    Ok(())
}

// ANCHOR: receive
/// Waits for bytes or for end of stream, and takes what is there, at most
/// `size` bytes.
fn receive(connection: &OwnedFd, size: usize) -> Result<usize> {
    let mut buffer = vec![0; size];
    let fd = connection.as_raw_fd();
    let count = loop {
        // https://man7.org/linux/man-pages/man2/recv.2.html
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            // A signal came first; no byte is lost.
            Err(Errno::EINTR) => {}
            result => break result.context("recv")?,
        }
    };
    // Only the first `count` bytes are the peer's, the others are as before.
    let text = String::from_utf8_lossy(&buffer[..count]);
    // ANCHOR_END: receive
    let call = format!("recv({fd}, {size} bytes) = {count} {text:?}");
    Actor::new("server").step(call, "")?;
    Ok(count)
}

// ANCHOR: receive_all
/// Reads until end of stream, at most `size` bytes at a time; `size` is not 0.
fn receive_all(connection: &OwnedFd, size: usize) -> Result<()> {
    while receive(connection, size)? > 0 {}
    Ok(())
}
// ANCHOR_END: receive_all

/// Sends each text by one call, as soon as it may, and closes.
fn client(address: &str, texts: &[&str]) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    for text in texts {
        wait_for_go()?;
        send_all(&connection, text.as_bytes()).context("send")?;
        client.step(format!("send({fd}, {text:?}) = {}", text.len()), "")?;
    }
    Ok(())
}
// ANCHOR_END: all
