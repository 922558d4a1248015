// ANCHOR: all
//! Reading ordinary data, and keeping it, to make room for the urgent byte.
//!
//! Watch for: the two calls that fail while the byte is on its way, what is
//! kept, and how the function ends where no urgent byte comes.
//!
//! Both sides: cargo run --bin read-oob
//! Server: cargo run --bin read-oob server 127.0.0.1:5555
//! Client: cargo run --bin read-oob client 127.0.0.1:5555
//!
//! Page: book/src/09-out-of-band/read-oob.md

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use ch_09_out_of_band::{read_oob, told, until_urgent, wait};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, announce, misuse, wait_for_go};

const USAGE: &str = "usage: read-oob [server | client ADDRESS]
example: read-oob server 127.0.0.1:5555";

/// How long the server waits for the urgent byte.
const LIMIT: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", address] => {
            let (connection, _) = sys::accept(&listening_socket(address)?)?;
            serve(connection)
        }
        ["client", address] => client(address, 10_000, "!"),
        ["client", address, "no-byte"] => client(address, 3, ""),
        ["client", address, "silent"] => client(address, 0, ""),
        _ => Err(misuse("read-oob takes a role and an address")),
    }
}

fn both_sides() -> Result<()> {
    let listener = listening_socket("127.0.0.1:0")?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    Peer::start("client A", &["client", &address])?.finish()?;
    let (connection, _) = sys::accept(&listener)?;
    on_its_way(&connection)?;
    serve(connection)?;
    Peer::start("client B", &["client", &address, "no-byte"])?.finish()?;
    serve(sys::accept(&listener)?.0)?;
    // Connects, sends nothing, and stays until this function returns.
    let _silent = Peer::start("client C", &["client", &address, "silent"])?;
    serve(sys::accept(&listener)?.0)
}

/// With a small receive buffer, which each accepted socket inherits.
fn listening_socket(address: &str) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    let fd = listener.as_raw_fd();
    setsockopt(&listener, sockopt::RcvBuf, &4096)?;
    bind(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(8)?)?;
    announce(getsockname::<SockaddrIn>(fd)?)?;
    Ok(listener)
}

/// Shows the moment between the notice and the byte.
fn on_its_way(connection: &OwnedFd) -> Result<()> {
    let (server, fd) = (Actor::new("server"), connection.as_raw_fd());
    until_urgent(connection, Err(Errno::EAGAIN))?;
    let call = told(recv(fd, &mut [0], MsgFlags::MSG_OOB), &[]);
    server.step(format!("recv({fd}, OOB) = {call}"), "announced")?;
    let urgent = wait(connection, None)?.urgent;
    let ready = if urgent { "ex" } else { "in" };
    server.step(format!("select(in {fd}, ex {fd}) = 1 ({ready})"), "")
}

fn serve(connection: OwnedFd) -> Result<()> {
    let (server, fd) = (Actor::new("server"), connection.as_raw_fd());
    let mut kept = Vec::new();
    let byte = read_oob(&connection, &mut kept, LIMIT);
    let call =
        format!("read_oob({fd}) = {:?}", byte.map(|b| b.map(char::from)));
    server.step(call, &format!("{} bytes kept", kept.len()))?;
    if matches!(byte, Ok(Some(_))) {
        // The rest goes behind what was kept; no byte of it is missing.
        File::from(connection).read_to_end(&mut kept)?;
        let ordered = kept == ordinary(kept.len());
        let call = format!("recv({fd}) to the end: {} bytes", kept.len());
        server.step(call, if ordered { "in order" } else { "out of order" })?;
    }
    Ok(())
}

fn client(address: &str, count: usize, byte: &str) -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    if count == 0 {
        return wait_for_go();
    }
    let (client, flags) = (Actor::new("client"), sys::MSG_NOSIGNAL);
    let sent = send(fd, &ordinary(count), flags)?;
    client.step(format!("send({fd}, {count} bytes) = {sent}"), "")?;
    if !byte.is_empty() {
        let sent = send(fd, byte.as_bytes(), flags | MsgFlags::MSG_OOB)?;
        client.step(format!("send({fd}, {byte:?}, OOB) = {sent}"), "")?;
    }
    Ok(())
}

/// Ordinary data whose order can be checked.
fn ordinary(count: usize) -> Vec<u8> {
    (0..251).cycle().take(count).collect()
}
// ANCHOR_END: all
