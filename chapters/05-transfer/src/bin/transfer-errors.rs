// ANCHOR: all
//! What `send` and `recv` answer where there is nothing to transfer: each errno
//! by name, provoked.
//!
//! Watch for: how one mistake, a socket that was never connected, is answered
//! in five calls.
//!
//! Run: cargo run --bin transfer-errors
//!
//! Page: book/src/05-transfer/transfer-errors.md

use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket, socketpair,
};
use stage::{Actor, misuse, outcome};

const USAGE: &str = "usage: transfer-errors
example: transfer-errors";

/// One byte more than the largest UDP datagram over IPv4: 65,535 bytes for the
/// packet, of which the two headers take 20 and 8.
const TOO_LARGE: usize = 65_508;

/// More than the send buffer of a local socket.
const FAR_TOO_LARGE: usize = 16_000_000;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        return Err(misuse("transfer-errors takes no arguments"));
    }
    wrong_descriptors()?;
    never_connected()?;
    wrong_message()?;
    nobody_there()?;
    broken()
}

fn try_send(who: &str, fd: i32, bytes: &[u8], remark: &str) -> Result<()> {
    // https://man7.org/linux/man-pages/man2/send.2.html
    // Without MSG_NOSIGNAL, EPIPE would come with a SIGPIPE.
    let sent = send(fd, bytes, sys::MSG_NOSIGNAL);
    let call = format!("send({fd}, {} B) = {}", bytes.len(), outcome(&sent));
    Actor::named(who).step(call, remark)
}

fn try_recv(who: &str, fd: i32, remark: &str) -> Result<()> {
    // https://man7.org/linux/man-pages/man2/recv.2.html
    let received = recv(fd, &mut [0; 64], MsgFlags::empty());
    let call = format!("recv({fd}) = {}", outcome(&received));
    Actor::named(who).step(call, remark)
}

fn wrong_descriptors() -> Result<()> {
    try_send("nothing", -1, b"x", "no descriptor")?;
    try_recv("nothing", -1, "no descriptor")?;
    let null = File::options().read(true).write(true).open("/dev/null")?;
    try_send("a file", null.as_raw_fd(), b"x", "no socket")?;
    try_recv("a file", null.as_raw_fd(), "no socket")
}

// ANCHOR: never
/// Sockets as `socket` has made them.
fn never_connected() -> Result<()> {
    let remark = "never connected";
    let tcp = new_socket(AddressFamily::Inet, SockType::Stream)?;
    try_send("tcp", tcp.as_raw_fd(), b"x", remark)?;
    try_recv("tcp", tcp.as_raw_fd(), remark)?;
    let local = new_socket(AddressFamily::Unix, SockType::Stream)?;
    try_send("unix", local.as_raw_fd(), b"x", remark)?;
    try_recv("unix", local.as_raw_fd(), remark)?;
    // No `recv` for UDP: it would wait, since it needs no connection.
    let udp = new_socket(AddressFamily::Inet, SockType::Datagram)?;
    try_send("udp", udp.as_raw_fd(), b"x", remark)
}
// ANCHOR_END: never

/// Messages that must go in one piece, and one that no datagram can be.
fn wrong_message() -> Result<()> {
    let udp = bound_udp()?;
    let fd = udp.as_raw_fd();
    // Its own address: a datagram that goes out comes back.
    connect(fd, &getsockname::<SockaddrIn>(fd)?).context("connect")?;
    try_send(
        "udp",
        fd,
        &vec![b'x'; TOO_LARGE - 1],
        "the largest datagram",
    )?;
    try_send("udp", fd, &vec![b'x'; TOO_LARGE], "one byte more")?;
    let (family, kind) = (AddressFamily::Unix, SockType::Datagram);
    // https://man7.org/linux/man-pages/man2/socketpair.2.html
    let (local, _peer) = socketpair(family, kind, None, SockFlag::empty())
        .context("socketpair")?;
    let many = vec![b'x'; FAR_TOO_LARGE];
    try_send("unix", local.as_raw_fd(), &many, "more than its buffer")?;
    let sent = send(fd, b"x", MsgFlags::MSG_OOB);
    let call = format!("send({fd}, 1 B, MSG_OOB) = {}", outcome(&sent));
    Actor::named("udp").step(call, "not for datagrams")
}

/// A datagram to a port where it is not taken.
fn nobody_there() -> Result<()> {
    // The port is in use, so that nobody else gets it, by a socket that takes
    // datagrams from itself only.
    let taken = bound_udp()?;
    let port: SockaddrIn = getsockname(taken.as_raw_fd())?;
    connect(taken.as_raw_fd(), &port).context("connect")?;
    let udp = new_socket(AddressFamily::Inet, SockType::Datagram)?;
    let fd = udp.as_raw_fd();
    connect(fd, &port).with_context(|| format!("connect to {port}"))?;
    try_send("udp", fd, b"x", "nobody takes it")?;
    try_recv("udp", fd, "the answer to it")
}

/// A TCP connection whose peer closes with a byte unread, and so resets it.
fn broken() -> Result<()> {
    let listener = new_socket(AddressFamily::Inet, SockType::Stream)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(1)?)?;
    let here: SockaddrIn = getsockname(listener.as_raw_fd())?;
    let client = new_socket(AddressFamily::Inet, SockType::Stream)?;
    let fd = client.as_raw_fd();
    connect(fd, &here).with_context(|| format!("connect to {here}"))?;
    let (peer, _) = sys::accept(&listener).context("accept")?;
    try_send("tcp", fd, b"x", "connected")?;
    // Waits until the byte is there, and leaves it unread.
    recv(peer.as_raw_fd(), &mut [0], MsgFlags::MSG_PEEK).context("recv")?;
    drop(peer);
    try_recv("tcp", fd, "the peer is gone")?;
    try_recv("tcp", fd, "told once")?;
    try_send("tcp", fd, b"x", "connected no more")
}

fn bound_udp() -> Result<OwnedFd> {
    let udp = new_socket(AddressFamily::Inet, SockType::Datagram)?;
    bind(udp.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    Ok(udp)
}

fn new_socket(family: AddressFamily, kind: SockType) -> Result<OwnedFd> {
    socket(family, kind, SockFlag::empty(), None).context("socket")
}
// ANCHOR_END: all
