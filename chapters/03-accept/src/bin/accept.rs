// ANCHOR: all
//! One listening socket, three clients: each `accept` makes a new descriptor.
//!
//! Watch for: the order in which the clients are taken, the number that each
//! one gets, and the number of the listening socket, which never changes.
//!
//! Both sides: cargo run --bin accept
//! Server: cargo run --bin accept server 127.0.0.1:5555
//! Client: cargo run --bin accept client 127.0.0.1:5555
//!
//! Page: book/src/03-accept/accept.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn,
    SockaddrStorage, bind, connect, getsockname, listen, recv, send,
    setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, announce, misuse, wait_for_go};

const USAGE: &str = "usage: accept [server ADDRESS | client ADDRESS]
example: accept server 127.0.0.1:5555";

/// How many clients the server takes before it ends.
const CLIENTS: usize = 3;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => serve(&listening_socket(address)?),
        ["client", address] => client(address),
        _ => Err(misuse("accept takes a role and an address")),
    }
}

/// Three clients connect and speak, then the server calls `accept`.
fn both_sides() -> Result<()> {
    let listener = listening_socket("127.0.0.1:0")?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    let mut clients = Vec::new();
    for label in ["client A", "client B", "client C"] {
        let mut client = Peer::start(label, &["client", &address])?;
        client.show()?;
        client.show()?;
        clients.push(client);
    }
    serve(&listener)?;
    for client in &mut clients {
        client.go()?;
        client.show()?;
    }
    clients.into_iter().try_for_each(Peer::finish)
}

fn listening_socket(address: &str) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    // Old connections on this port don't keep a new server from it.
    setsockopt(&listener, sockopt::ReuseAddr, &true)?;
    bind(
        listener.as_raw_fd(),
        &SockaddrIn::from(stage::address(address)?),
    )
    .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(8)?).context("listen")?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    Ok(listener)
}

fn serve(listener: &OwnedFd) -> Result<()> {
    let server = Actor::new("server");
    let fd = listener.as_raw_fd();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let (client, from) = next_client(listener)?;
        let call = format!("accept({fd}) = {}", client.as_raw_fd());
        server.step(call, &format!("from {from}"))?;
        clients.push(client);
    }
    for client in &clients {
        let (fd, said) = (client.as_raw_fd(), greet(client)?);
        server.step(format!("recv({fd}) = {} {said:?}", said.len()), "")?;
    }
    Ok(())
}

// ANCHOR: accept
/// Waits until the queue holds a connection and takes the oldest one out.
fn next_client(listener: &OwnedFd) -> Result<(OwnedFd, SockaddrStorage)> {
    loop {
        // https://man7.org/linux/man-pages/man2/accept.2.html
        match sys::accept(listener) {
            // A signal came, or this client gave up while it was in the
            // queue. Neither says anything about the next client.
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            taken => return taken.context("accept"),
        }
    }
}

/// Reads what a client says and answers it, on that client's descriptor.
fn greet(client: &OwnedFd) -> Result<String> {
    let fd = client.as_raw_fd();
    let mut buffer = [0; 64];
    let count = recv(fd, &mut buffer, MsgFlags::empty())
        .with_context(|| format!("recv on descriptor {fd}"))?;
    let hello = format!("you are {fd}\n");
    send(fd, hello.as_bytes(), sys::MSG_NOSIGNAL)
        .with_context(|| format!("send on descriptor {fd}"))?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}
// ANCHOR_END: accept

fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    let from: SockaddrIn = getsockname(fd)?;
    client.step(format!("connect({fd}) = 0"), &format!("from {from}"))?;
    let count =
        send(fd, b"hello", sys::MSG_NOSIGNAL).context("send to the server")?;
    client.step(format!("send({fd}, \"hello\") = {count}"), "")?;
    wait_for_go()?;
    let mut buffer = [0; 64];
    let count = recv(fd, &mut buffer, MsgFlags::empty())
        .context("recv from the server")?;
    let said = String::from_utf8_lossy(&buffer[..count]);
    client.step(format!("recv({fd}) = {count} {said:?}"), "")
}
// ANCHOR_END: all
