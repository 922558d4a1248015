// ANCHOR: all
//! `select` reports the urgent byte as an exceptional condition.
//!
//! Watch for: what `select` says before and after each `recv`, and which of
//! the two ways out of the exceptional condition loses the byte.
//!
//! Both sides: cargo run --bin oob-select
//! Client: cargo run --bin oob-select client 127.0.0.1:5555
//!
//! Page: book/src/09-out-of-band/oob-select.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use ch_09_out_of_band::{told, wait};
use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, misuse, wait_for_go};

const USAGE: &str = "usage: oob-select [client ADDRESS]
example: oob-select client 127.0.0.1:5555";

/// What the client sends, one for each go; true: with `MSG_OOB`.
const SENT: [(&str, bool); 4] =
    [("one", false), ("STOP", true), ("ab!", true), ("cd", false)];

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address] => client(address),
        _ => Err(misuse("oob-select takes a role and an address")),
    }
}

fn both_sides() -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();
    let mut client = Peer::start("client", &["client", &address])?;
    let (connection, _) = sys::accept(&listener)?;

    next(&mut client)?;
    wait(&connection, None)?;
    ask(&connection, "\"one\" is ordinary")?;
    next(&mut client)?;
    wait_for_urgent(&connection)?;
    ask(&connection, "\"P\" is urgent")?;
    receive(&connection, MsgFlags::MSG_OOB)?;
    ask(&connection, "first way out")?;
    receive(&connection, MsgFlags::empty())?;
    ask(&connection, "at the mark")?;

    next(&mut client)?;
    wait_for_urgent(&connection)?;
    receive(&connection, MsgFlags::empty())?;
    ask(&connection, "at the mark")?;
    next(&mut client)?;
    receive(&connection, MsgFlags::empty())?;
    ask(&connection, "second way out")?;
    receive(&connection, MsgFlags::MSG_OOB)?;
    client.finish()
}

fn next(client: &mut Peer) -> Result<()> {
    client.go()?;
    client.show().map(drop)
}

// ANCHOR: urgent
/// Waits for the urgent byte alone, whatever else there is to read.
fn wait_for_urgent(connection: &OwnedFd) -> Result<()> {
    let mut except = FdSet::new();
    except.insert(connection.as_fd());
    // https://man7.org/linux/man-pages/man2/select.2.html
    // No signal handler is set in this program, so no EINTR.
    select(None, None, None, &mut except, None).context("select")?;
    Ok(())
}
// ANCHOR_END: urgent

/// Prints what `select` says at this moment, with a limit of 0.
fn ask(connection: &OwnedFd, remark: &str) -> Result<()> {
    let fd = connection.as_raw_fd();
    let answer = match wait(connection, Some(Duration::ZERO)) {
        Ok(ready) if ready.readable && ready.urgent => "2 (in, ex)",
        Ok(ready) if ready.urgent => "1 (ex)",
        Ok(_) => "1 (in)",
        Err(Errno::ETIMEDOUT) => "0 (Timeout)",
        Err(errno) => return Err(errno).context("select"),
    };
    let call = format!("select(in {fd}, ex {fd}) = {answer}");
    Actor::new("server").step(call, remark)
}

fn receive(connection: &OwnedFd, flags: MsgFlags) -> Result<()> {
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 64]);
    let said = told(recv(fd, &mut buffer, flags), &buffer);
    let oob = if flags.is_empty() { "" } else { ", OOB" };
    Actor::new("server").step(format!("recv({fd}{oob}) = {said}"), "")
}

fn client(address: &str) -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    for (text, urgent) in SENT {
        wait_for_go()?;
        let mut flags = sys::MSG_NOSIGNAL;
        flags.set(MsgFlags::MSG_OOB, urgent);
        let count = send(fd, text.as_bytes(), flags)?;
        let oob = if urgent { ", OOB" } else { "" };
        let call = format!("send({fd}, {text:?}{oob}) = {count}");
        Actor::new("client").step(call, "")?;
    }
    // Open until the server has asked for the last time.
    wait_for_go()
}
// ANCHOR_END: all
