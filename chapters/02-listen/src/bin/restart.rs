// ANCHOR: all
//! A server that ends and is started again at once, on the same port.
//!
//! Watch for: which of the four new servers gets the port, and who holds it
//! though the old server's process is gone.
//!
//! Both sides: cargo run --bin restart
//! Server: cargo run --bin restart server 127.0.0.1:5555 plain
//! Server: cargo run --bin restart server 127.0.0.1:5555 reuse
//!
//! Page: book/src/02-listen/restart.md

use std::fs;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::poll::poll;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, address, announce, misuse, outcome};

const USAGE: &str = "usage: restart [server ADDRESS plain|reuse]
example: restart server 127.0.0.1:5555 reuse";

/// How long the kernels are given for their last packets.
const DEADLINE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => {
            both_sides("plain")?;
            both_sides("reuse")
        }
        ["server", name, "plain"] => serve(address(name)?, false),
        ["server", name, "reuse"] => serve(address(name)?, true),
        _ => Err(misuse("restart takes a role, an address and a way")),
    }
}

/// An old server with one client ends; then two new servers want its port.
fn both_sides(old: &str) -> Result<()> {
    let client = Actor::new("client");
    let mut server = Peer::start("server", &["server", "127.0.0.1:0", old])?;
    let port = address(&server.listening()?)?;
    second_server(port, true, "reuse, old one is there")?;
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(port)).context("connect")?;
    server.finish()?;
    let count = recv(fd, &mut [0; 8], MsgFlags::empty()).context("recv")?;
    drop(connection);
    client.step(
        format!("recv({fd}) = {count}, close({fd})"),
        "last to close",
    )?;
    holder(port)?;
    second_server(port, false, "plain")?;
    second_server(port, true, "reuse")
}

/// Serves one client, closes first and ends.
fn serve(address: SocketAddrV4, reuse: bool) -> Result<()> {
    let server = Actor::new("server");
    let listener = tcp_socket()?;
    claim(&listener, address, reuse)
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?).context("listen")?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    let fd = connection.as_raw_fd();
    drop(connection);
    let way = if reuse { "reuse" } else { "plain" };
    let remark = format!("{way}: first to close");
    server.step(format!("close({fd}) = 0"), &remark)
}

fn second_server(port: SocketAddrV4, reuse: bool, how: &str) -> Result<()> {
    let listener = tcp_socket()?;
    let bound = claim(&listener, port, reuse);
    let call = format!("bind({}) = {}", listener.as_raw_fd(), outcome(&bound));
    Actor::named("server 2").step(call, how)
}

fn tcp_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}

/// Asks for `address`, with or without `SO_REUSEADDR`. Connections get the
/// option from their listening socket, and the next server depends on that.
// ANCHOR: claim
fn claim(
    listener: &OwnedFd,
    address: SocketAddrV4,
    reuse: bool,
) -> nix::Result<()> {
    if reuse {
        // Before bind, because bind is the call that looks at it.
        // https://man7.org/linux/man-pages/man7/socket.7.html
        setsockopt(listener, sockopt::ReuseAddr, &true)?;
    }
    bind(listener.as_raw_fd(), &SockaddrIn::from(address))
}
// ANCHOR_END: claim

/// Prints what holds the port once both sides have closed.
fn holder(address: SocketAddrV4) -> Result<()> {
    let kernel = Actor::named("kernel");
    let port = address.port();
    // Linux's row for the old connection: the server's address, the client's
    // and the state, 06 for TIME-WAIT.
    let ip = u32::from_ne_bytes(address.ip().octets());
    let server = format!(" {ip:08X}:{port:04X} ");
    let until = Instant::now() + DEADLINE;
    loop {
        let Ok(table) = fs::read_to_string("/proc/net/tcp") else {
            return kernel.step("no /proc/net/tcp: ask netstat -an", "");
        };
        let mut rows = table.lines().filter_map(|row| row.split_once(&server));
        if rows.any(|(_, rest)| rest.split(' ').nth(1) == Some("06")) {
            let call = format!("port {port}: TIME-WAIT");
            return kernel.step(call, "no process has it");
        }
        // The last packet is on its way, and nobody is told when it arrives.
        ensure!(Instant::now() < until, "port {port}: no TIME-WAIT");
        poll(&mut [], 1_u8)?;
    }
}
// ANCHOR_END: all
