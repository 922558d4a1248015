// ANCHOR: all
//! What `listen` asks of a socket, and what it gives to it.
//!
//! Watch for: the sockets that are refused, the port of a socket that nobody
//! gave one, and the backlog after each call.
//!
//! Run: cargo run --bin listen
//! Server: cargo run --bin listen server
//!
//! Page: book/src/02-listen/listen.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, connect,
    getsockname, listen, socket,
};
use stage::{Actor, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: listen [server]
example: listen server";

/// The longest backlog that nix lets us ask for. The kernel takes -1 as an
/// unsigned number, the largest there is.
const LONGEST: i32 = if cfg!(target_os = "linux") { -1 } else { 128 };

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => {
            let listener = unbound()?;
            again(&listener)?;
            refused(&listener)
        }
        ["server"] => server(),
        _ => Err(misuse("listen takes a role")),
    }
}

/// Calls `listen` for a socket that has no address of its own yet.
fn unbound() -> Result<OwnedFd> {
    let server = Actor::new("server");
    // ANCHOR: unbound
    let listener = socket_of(AddressFamily::Inet, SockType::Stream)?;
    let fd = listener.as_raw_fd();
    let before: SockaddrIn = getsockname(fd)?;
    // https://man7.org/linux/man-pages/man2/listen.2.html
    listen(&listener, Backlog::new(5)?).context("listen")?;
    let after: SockaddrIn = getsockname(fd)?;
    // ANCHOR_END: unbound
    server.step(format!("getsockname({fd}) = {before}"), "")?;
    server.step(format!("listen({fd}, 5) = 0"), "nobody called bind")?;
    server.step(format!("getsockname({fd}) = {after}"), "")?;
    Ok(listener)
}

/// Calls `listen` again and asks the kernel each time what is in force.
fn again(listener: &OwnedFd) -> Result<()> {
    let fd = listener.as_raw_fd();
    for backlog in [8, 1, LONGEST] {
        // ANCHOR: again
        let wanted = Backlog::new(backlog).context("make a backlog")?;
        listen(listener, wanted).context("listen")?;
        // Recv-Q and Send-Q of `ss -ltn`: connections in the queue, backlog.
        let queue = sys::accept_queue(listener);
        // ANCHOR_END: again
        let remark = match queue {
            Ok(queue) => format!("backlog now {}", queue.backlog),
            Err(_) => "asking needs Linux".to_owned(),
        };
        let call = format!("listen({fd}, {backlog}) = 0");
        Actor::new("server").step(call, &remark)?;
    }
    Ok(())
}

/// Sockets that can't become listening sockets.
fn refused(server: &OwnedFd) -> Result<()> {
    let udp = socket_of(AddressFamily::Inet, SockType::Datagram)?;
    attempt(&udp, "UDP")?;
    let datagram = socket_of(AddressFamily::Unix, SockType::Datagram)?;
    attempt(&datagram, "local, datagrams")?;
    // A local socket gets no name from the kernel here: nobody could find it.
    let unnamed = socket_of(AddressFamily::Unix, SockType::Stream)?;
    attempt(&unnamed, "local, without a name")?;
    let connected = socket_of(AddressFamily::Inet, SockType::Stream)?;
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    // It listens on 0.0.0.0, on every address of this machine.
    let target = SockaddrIn::new(127, 0, 0, 1, address.port());
    connect(connected.as_raw_fd(), &target).context("connect")?;
    attempt(&connected, "connected already")
}

fn attempt(socket: &OwnedFd, remark: &str) -> Result<()> {
    let result = listen(socket, Backlog::new(5)?);
    let fd = socket.as_raw_fd();
    let call = format!("listen({fd}, 5) = {}", outcome(&result));
    Actor::new("server").step(call, remark)
}

/// A server on whatever port the kernel gives it, until standard input has a
/// line: time enough to look at it with ss.
fn server() -> Result<()> {
    let listener = socket_of(AddressFamily::Inet, SockType::Stream)?;
    listen(&listener, Backlog::new(5)?).context("listen")?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    wait_for_go()
}

fn socket_of(family: AddressFamily, kind: SockType) -> Result<OwnedFd> {
    socket(family, kind, SockFlag::empty(), None).context("socket")
}
// ANCHOR_END: all
