// ANCHOR: all
//! SIGURG: a signal to the owner of a socket, when urgent data is on its way.
//!
//! Watch for: who gets the signal, what it does to a `recv` that waits, and in
//! which of the cases the urgent byte is lost.
//!
//! Both sides: cargo run --bin sigurg
//!
//! Page: book/src/09-out-of-band/sigurg.md

use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::os::unix::process::parent_id;
use std::process::ExitCode;

use anyhow::{Context, Result};
use ch_09_out_of_band::{on_sigurg, read_on_sigurg, seen, told, until_asleep};
use nix::sys::signal::{SaFlags, SigSet, Signal};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use nix::unistd::{getpgrp, getpid};
use stage::{Actor, Peer, misuse, outcome, wait_for_go};
use sys::{Owner, set_owner};

const USAGE: &str = "usage: sigurg
example: sigurg";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address] => client(address),
        _ => Err(misuse("sigurg takes no arguments")),
    }
}

fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    let mut client = Peer::start("client", &["client", &address])?;
    let (connection, _) = sys::accept(&listener)?;
    let fd = connection.as_raw_fd();

    on_sigurg(SaFlags::empty())?;
    round(fd, &mut client)?;

    set_owner(&connection, Owner::Process(getpid()))?;
    server.step(format!("fcntl({fd}, F_SETOWN, pid {}) = 0", getpid()), "")?;
    round(fd, &mut client)?;

    on_sigurg(SaFlags::SA_RESTART)?;
    server.step("sigaction(SIGURG, SA_RESTART) = 0", "counts")?;
    round(fd, &mut client)?;

    read_on_sigurg(connection.as_fd(), SaFlags::SA_RESTART)?;
    server.step("sigaction(SIGURG, SA_RESTART) = 0", "reads the byte")?;
    round(fd, &mut client)?;

    set_owner(&connection, Owner::Group(getpgrp()))?;
    server.step(format!("fcntl({fd}, F_SETOWN, -PGRP) = 0"), "a group")?;
    round(fd, &mut client)?;
    client.finish()
}

/// The client sends an urgent `!` and an ordinary `x` while this process
/// waits in `recv`; then this process asks for the urgent byte.
fn round(fd: RawFd, client: &mut Peer) -> Result<()> {
    let server = Actor::new("server");
    client.go()?;
    let waited = receive(fd, MsgFlags::empty());
    client.show()?;
    client.show()?;
    let seen = seen();
    let read = seen.byte.map(|byte| format!(", it read {byte:?}"));
    let remark =
        format!("signals: {}{}", seen.signals, read.unwrap_or_default());
    server.step(format!("recv({fd}) = {waited}"), &remark)?;
    let urgent = receive(fd, MsgFlags::MSG_OOB);
    server.step(format!("recv({fd}, OOB) = {urgent}"), "")?;
    if waited.contains("EINTR") {
        let ordinary = receive(fd, MsgFlags::empty());
        server.step(format!("recv({fd}) = {ordinary}"), "")?;
    }
    Ok(())
}

fn receive(fd: RawFd, flags: MsgFlags) -> String {
    let mut byte = [0];
    told(recv(fd, &mut byte, flags), &byte)
}

fn client(address: &str) -> Result<()> {
    // Blocked, the signal stays pending until sigwait takes it.
    let mut sigurg = SigSet::empty();
    sigurg.add(Signal::SIGURG);
    sigurg.thread_block()?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    for _ in 0..5 {
        wait_for_go()?;
        until_asleep(parent_id())?;
        let client = Actor::new("client");
        let sent = send(fd, b"!", MsgFlags::MSG_OOB | sys::MSG_NOSIGNAL);
        client
            .step(format!("send({fd}, \"!\", OOB) = {}", outcome(&sent)), "")?;
        let sent = send(fd, b"x", sys::MSG_NOSIGNAL);
        client.step(format!("send({fd}, \"x\") = {}", outcome(&sent)), "")?;
    }
    sigurg.wait()?;
    Actor::new("client").step("sigwait() = SIGURG", "in the same group")
}
// ANCHOR_END: all
