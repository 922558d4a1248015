// ANCHOR: all
//! What `select` says of a listening socket may be over when `accept` is
//! called: a loop that must not stand still needs a non-blocking one.
//!
//! Watch for: the count that `select` returns while two connections are in the
//! queue, what is left of a client that has gone, and each EAGAIN.
//!
//! Both sides: cargo run --bin accept-nonblocking
//!
//! Page: book/src/07-many-at-once/accept-nonblocking.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, anyhow};
use ch_07_many_at_once::set_nonblocking;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: accept-nonblocking
example: accept-nonblocking";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["stays", address] => client(address, true),
        ["goes", address] => client(address, false),
        _ => Err(misuse("accept-nonblocking takes no arguments")),
    }
}

fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::new(127, 0, 0, 1, 0)).context("bind")?;
    listen(&listener, Backlog::new(8)?)?;
    let address = getsockname::<SockaddrIn>(fd)?.to_string();
    announce(&address)?;
    set_nonblocking(&listener, true).context("fcntl")?;
    let call = format!("fcntl({fd}, F_SETFL, O_RDWR|O_NONBLOCK) = 0");
    server.step(call, "")?;
    take(&server, &listener)?;

    Peer::start("client A", &["goes", &address])?.finish()?;
    let mut b = Peer::start("client B", &["stays", &address])?;
    b.show()?;
    b.show()?;
    wait(&server, &listener)?;
    while let Some(client) = take(&server, &listener)? {
        hear(&server, &client)?;
    }

    let mut c = Peer::start("client C", &["stays", &address])?;
    c.show()?;
    c.show()?;
    wait(&server, &listener)?;
    // A second thread takes from the same queue, and is faster.
    let worker = Actor::named("worker");
    thread::scope(|scope| scope.spawn(|| take(&worker, &listener)).join())
        .map_err(|_| anyhow!("the worker panicked"))??;
    take(&server, &listener).map(|_| ())
}

// ANCHOR: accept
/// Takes the oldest connection out of the queue, where there is one.
fn next_client(listener: &OwnedFd) -> Result<Option<OwnedFd>> {
    loop {
        match sys::accept(listener) {
            Ok((client, _)) => return Ok(Some(client)),
            // The queue is empty.
            Err(Errno::EWOULDBLOCK) => return Ok(None),
            // A signal came, or this client gave up while it was in the
            // queue. Neither says anything about the next client.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            Err(errno) => return Err(errno).context("accept"),
        }
    }
}
// ANCHOR_END: accept

fn take(actor: &Actor, listener: &OwnedFd) -> Result<Option<OwnedFd>> {
    let client = next_client(listener)?;
    let number = client.as_ref().map(OwnedFd::as_raw_fd);
    let result = number.map_or("-1 EAGAIN".into(), |fd| fd.to_string());
    let call = format!("accept({}) = {result}", listener.as_raw_fd());
    actor.step(call, "")?;
    Ok(client)
}

fn wait(server: &Actor, listener: &OwnedFd) -> Result<()> {
    let (mut set, fd) = (FdSet::new(), listener.as_raw_fd());
    set.insert(listener.as_fd());
    // This program handles no signal, so EINTR does not come.
    let count = select(fd + 1, &mut set, None, None, None).context("select")?;
    server.step(format!("select({}, [{fd}]) = {count}", fd + 1), "")
}

/// Tells what mode the new socket is in, and reads from it once.
fn hear(server: &Actor, client: &OwnedFd) -> Result<()> {
    let fd = client.as_raw_fd();
    let flags = fcntl(client, FcntlArg::F_GETFL).context("fcntl F_GETFL")?;
    let set = OFlag::from_bits_retain(flags).contains(OFlag::O_NONBLOCK);
    let name = if set { "O_RDWR|O_NONBLOCK" } else { "O_RDWR" };
    server.step(format!("fcntl({fd}, F_GETFL) = {name}"), "")?;
    let received = recv(fd, &mut [0; 64], MsgFlags::empty());
    server.step(format!("recv({fd}) = {}", outcome(&received)), "")
}

fn client(address: &str, stays: bool) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    client.step(format!("connect({fd}) = 0"), "")?;
    if stays {
        let count = send(fd, b"hello", sys::MSG_NOSIGNAL)?;
        client.step(format!("send({fd}, \"hello\") = {count}"), "")?;
        return wait_for_go();
    }
    // With 0 s to linger, the kernel ends the connection with a reset.
    let linger = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&connection, sockopt::Linger, &linger)?;
    drop(connection);
    client.step(format!("close({fd}) = 0"), "a reset")
}
// ANCHOR_END: all
