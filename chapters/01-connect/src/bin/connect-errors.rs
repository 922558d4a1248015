// ANCHOR: all
//! What `connect` can answer, one errno a line, each provoked on this machine.
//!
//! Watch for: who said no. Your own kernel does it without a packet, the
//! peer's kernel with one packet, and where nobody answers it takes time.
//!
//! Run: cargo run --bin connect-errors
//!
//! Page: book/src/01-connect/connect-errors.md

use std::env;
use std::fs;
use std::net::{Ipv6Addr, SocketAddrV6};
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::process::ExitCode;
#[cfg(target_os = "linux")]
use std::time::Instant;

use anyhow::{Context, Result};
#[cfg(target_os = "linux")]
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrIn6,
    SockaddrLike, UnixAddr, bind, connect, getsockname, listen, setsockopt,
    socket, sockopt,
};
use nix::unistd::mkdtemp;
use stage::{Actor, misuse, outcome};

const USAGE: &str = "usage: connect-errors
example: connect-errors";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    if !args.is_empty() {
        return Err(misuse("connect-errors takes no arguments"));
    }
    answered_by_own_kernel()?;
    answered_by_peers_kernel()?;
    answered_by_nobody()?;
    local_sockets()
}

// EBADF and ENOTSOCK are in topic 00. EINPROGRESS and EALREADY need a
// non-blocking socket: topic 07.

/// No packet leaves the machine: the kernel knows the answer from the socket,
/// the address or its own tables.
fn answered_by_own_kernel() -> Result<()> {
    let (listener, server) = listening_socket(8)?;
    let client = tcp_socket()?;
    attempt(&client, &server, "a server listens there")?;
    attempt(&client, &server, "a second time")?;
    attempt(&listener, &server, "a listening socket asks")?;
    same_four_numbers(&server)?;
    let other_family = SockaddrIn6::from(SocketAddrV6::new(
        Ipv6Addr::LOCALHOST,
        server.port(),
        0,
        0,
    ));
    attempt(&tcp_socket()?, &other_family, "IPv4 socket, IPv6 target")?;
    attempt(
        &local_socket(SockType::Stream)?,
        &server,
        "local, IPv4 target",
    )?;
    // The address of a group: no connection has more than two ends.
    let group = SockaddrIn::new(224, 0, 0, 1, 5555);
    attempt(&tcp_socket()?, &group, "no way to 224.0.0.1")
}

// ANCHOR: four
/// Asks for a connection between two addresses that have one already.
fn same_four_numbers(server: &SockaddrIn) -> Result<()> {
    let (first, second) = (tcp_socket()?, tcp_socket()?);
    for client in [&first, &second] {
        // Two sockets may have one port only with this; topic 02 explains it.
        // https://man7.org/linux/man-pages/man2/setsockopt.2.html
        setsockopt(client, sockopt::ReuseAddr, &true)?;
    }
    bind(first.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    let own: SockaddrIn = getsockname(first.as_raw_fd())?;
    bind(second.as_raw_fd(), &own).context("bind the same port")?;
    connect(first.as_raw_fd(), server).context("connect")?;
    attempt(&second, server, "such a connection exists")
}
// ANCHOR_END: four

/// The port has an owner, but nobody called `listen` for it: the kernel at
/// the other end answers with a reset. What a socket is good for after that,
/// POSIX leaves open: a program that must run elsewhere too makes a new one.
// ANCHOR: refused
fn answered_by_peers_kernel() -> Result<()> {
    let server = tcp_socket()?;
    bind(server.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    let client = tcp_socket()?;
    attempt(&client, &address, "nobody listens there")?;
    listen(&server, Backlog::new(8)?).context("listen")?;
    attempt(&client, &address, "same socket, they listen")
}
// ANCHOR_END: refused

/// Connects to a server whose accept queue is full: its kernel drops the
/// request and says nothing, as a host that is switched off would.
#[cfg(target_os = "linux")]
fn answered_by_nobody() -> Result<()> {
    let (listener, address) = listening_socket(0)?;
    let (first, second) = (tcp_socket()?, tcp_socket()?);
    connect(first.as_raw_fd(), &address).context("connect")?;
    // Waits until the other end has put `first` into its queue, which is full
    // then, because nobody calls accept; poll is explained in topic 07.
    let in_queue = PollFd::new(listener.as_fd(), PollFlags::POLLIN);
    poll(&mut [in_queue], PollTimeout::NONE).context("poll")?;
    // Give up at the first retry, after 1 s; without this it takes minutes.
    setsockopt(&second, sockopt::TcpUserTimeout, &100)?;
    let start = Instant::now();
    let result = connect(second.as_raw_fd(), &address);
    let spent = start.elapsed().as_secs_f32();
    let call =
        format!("connect({}) = {}", second.as_raw_fd(), outcome(&result));
    Actor::new("client").step(call, &format!("no answer for {spent:.2} s"))
}

#[cfg(not(target_os = "linux"))]
fn answered_by_nobody() -> Result<()> {
    let client = Actor::new("client");
    client.step("not on this machine: ETIMEDOUT in 1 s needs Linux", "")
}

/// A local socket's address is a file name, and its errors are a file's.
fn local_sockets() -> Result<()> {
    let template = env::temp_dir().join("connect-XXXXXX");
    let folder = Folder(mkdtemp(&template).context("mkdtemp")?);
    let nothing = UnixAddr::new(&folder.0.join("nothing"))?;
    let left = UnixAddr::new(&folder.0.join("left"))?;
    let live = UnixAddr::new(&folder.0.join("live"))?;
    // close leaves the file of a local socket where it is.
    let server = local_socket(SockType::Stream)?;
    bind(server.as_raw_fd(), &left).context("bind left")?;
    drop(server);
    let server = local_socket(SockType::Stream)?;
    bind(server.as_raw_fd(), &live).context("bind live")?;
    listen(&server, Backlog::new(8)?).context("listen")?;

    let client = local_socket(SockType::Stream)?;
    attempt(&client, &nothing, "local: no such file")?;
    attempt(&client, &left, "a server's file is left")?;
    attempt(&client, &live, "the same socket again")?;
    let datagram = local_socket(SockType::Datagram)?;
    attempt(&datagram, &live, "a datagram socket asks")
}

fn attempt(
    client: &OwnedFd,
    address: &dyn SockaddrLike,
    remark: &str,
) -> Result<()> {
    let fd = client.as_raw_fd();
    let result = connect(fd, address);
    let call = format!("connect({fd}) = {}", outcome(&result));
    Actor::new("client").step(call, remark)
}

fn listening_socket(backlog: i32) -> Result<(OwnedFd, SockaddrIn)> {
    let listener = tcp_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::new(127, 0, 0, 1, 0)).context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(backlog)?).context("listen")?;
    Ok((listener, getsockname(fd)?))
}

fn tcp_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}

fn local_socket(kind: SockType) -> Result<OwnedFd> {
    let family = AddressFamily::Unix;
    socket(family, kind, SockFlag::empty(), None).context("socket")
}

/// A private folder that goes when the program ends, failed or not.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
// ANCHOR_END: all
