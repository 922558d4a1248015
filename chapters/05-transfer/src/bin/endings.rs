// ANCHOR: all
//! How a connection ends: with an end of stream or with a reset, and what the
//! other side's `recv` and `send` give then.
//!
//! Watch for: which endings give 0 and which ECONNRESET; what was sent before
//! the end and never read.
//!
//! Both sides: cargo run --bin endings
//!
//! Page: book/src/05-transfer/endings.md

use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn,
    bind, connect, getsockname, listen, recv, send, setsockopt, shutdown,
    socket, sockopt,
};
use nix::unistd::close;
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: endings [client ENDING ADDRESS]
example: endings client shutdown 127.0.0.1:5555";

/// The client's message, in bytes. On Linux: more than the server's kernel
/// takes while nobody reads, less than the client's kernel keeps for sending.
const MESSAGE: usize = [20_000, 500_000][cfg!(target_os = "linux") as usize];

/// What the clients A to F do, one after the other.
const ENDINGS: &str = "done shutdown kill unread kill-unread linger";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", ending, address] => client(ending, address),
        _ => Err(misuse("endings takes an ending and an address")),
    }
}

fn both_sides() -> Result<()> {
    let listener = tcp_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &SockaddrIn::new(127, 0, 0, 1, 0)).context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    let address: SockaddrIn = getsockname(fd)?;
    let address = address.to_string();
    announce(&address)?;
    for (letter, ending) in ('A'..).zip(ENDINGS.split(' ')) {
        let label = format!("client {letter}");
        let client = Peer::start(&label, &["client", ending, &address])?;
        serve(client, sys::accept(&listener).context("accept")?.0, ending)?;
    }
    Ok(())
}

fn tcp_socket() -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None)
}

/// Sees how the client ends, reads what there is to read, and answers.
fn serve(mut client: Peer, connection: OwnedFd, ending: &str) -> Result<()> {
    let server = Actor::new("server");
    let fd = connection.as_raw_fd();
    client.show()?;
    if ending.ends_with("unread") {
        // The client takes the first byte and leaves the second.
        let count = send(fd, b"hi", sys::MSG_NOSIGNAL)?;
        server.step(format!("send({fd}, \"hi\") = {count}"), "")?;
        client.show()?;
    }
    if ending.starts_with("kill") {
        client.kill()?;
        server.step("kill(client, SIGKILL) = 0", "")?;
    } else {
        client.go()?;
        client.show()?;
    }
    hear_out(&server, fd)?;
    let sent = send(fd, b"more", sys::MSG_NOSIGNAL);
    server.step(format!("send({fd}, \"more\") = {}", outcome(&sent)), "")?;
    drop(connection);
    // Only a client that has shut down one direction is still there.
    client.end().map(drop)
}

// ANCHOR: read
/// Reads until there is no more: how many bytes, and what the last call gave.
fn read_to_the_end(fd: RawFd) -> (usize, nix::Result<usize>) {
    let mut buffer = [0; 4096];
    let mut total = 0;
    loop {
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            // A signal came before a byte did: ask again.
            Err(Errno::EINTR) => {}
            Ok(count) if count > 0 => total += count,
            // 0 is no empty message: not one byte will come any more.
            end => return (total, end),
        }
    }
}
// ANCHOR_END: read

fn hear_out(actor: &Actor, fd: RawFd) -> Result<()> {
    let (total, end) = read_to_the_end(fd);
    actor.step(format!("recv({fd}) = {total}"), "in all")?;
    actor.step(format!("recv({fd}) = {}", outcome(&end)), "")
}

fn client(ending: &str, address: &str) -> Result<()> {
    let client = Actor::new("client");
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    let count = send(fd, &vec![b'x'; MESSAGE], sys::MSG_NOSIGNAL)?;
    client.step(format!("send({fd}, {MESSAGE} bytes) = {count}"), "")?;
    if ending.ends_with("unread") {
        let count = recv(fd, &mut [0], MsgFlags::empty())?;
        client.step(format!("recv({fd}, 1 byte) = {count}"), "1 is left")?;
    }
    wait_for_go()?;
    // ANCHOR: end
    match ending {
        // One direction: from here to the server.
        // https://man7.org/linux/man-pages/man2/shutdown.2.html
        "shutdown" => shutdown(fd, Shutdown::Write)?,
        // Both directions. "Linger" is on, for 0 seconds: that long may
        // the kernel go on sending what it still has.
        // https://man7.org/linux/man-pages/man7/socket.7.html
        "linger" => {
            let (l_onoff, l_linger) = (1, 0);
            let now = libc::linger { l_onoff, l_linger };
            setsockopt(&connection, sockopt::Linger, &now)?;
            close(connection)?;
        }
        // Both directions.
        // https://man7.org/linux/man-pages/man2/close.2.html
        _ => close(connection)?,
    }
    // ANCHOR_END: end
    if ending == "shutdown" {
        client.step(format!("shutdown({fd}, SHUT_WR) = 0"), "")?;
        return hear_out(&client, fd);
    }
    client.step(format!("close({fd}) = 0"), ending)
}
// ANCHOR_END: all
