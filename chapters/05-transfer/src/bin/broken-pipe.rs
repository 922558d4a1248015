// ANCHOR: all
//! What happens to a program that sends on a connection that is gone.
//!
//! Watch for: the first `send` after the end of stream, the second one, and
//! which of the clients live to tell.
//!
//! Both sides: cargo run --bin broken-pipe
//! Client: cargo run --bin broken-pipe client default 127.0.0.1:5555
//!
//! Page: book/src/05-transfer/broken-pipe.md

use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: broken-pipe [client WAY ADDRESS]
example: broken-pipe client default 127.0.0.1:5555";

/// What the clients A to E do about SIGPIPE. The last one is reset before it
/// sends.
const WAYS: &str = "ignored default nosignal handler reset";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", way, address] => client(way, address),
        _ => Err(misuse("broken-pipe takes a way and an address")),
    }
}

/// Closes every client's connection at once, and sees what becomes of it.
fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let listener = tcp_socket()?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    announce(address)?;
    for (letter, way) in ('A'..).zip(WAYS.split(' ')) {
        let args = ["client", way, &address.to_string()];
        let mut client = Peer::start(&format!("client {letter}"), &args)?;
        let (connection, _) = sys::accept(&listener).context("accept")?;
        client.show()?;
        let (l_onoff, l_linger) = (i32::from(way == "reset"), 0);
        let linger = libc::linger { l_onoff, l_linger };
        setsockopt(&connection, sockopt::Linger, &linger)?;
        let call = format!("close({}) = 0", connection.as_raw_fd());
        drop(connection);
        server.step(call, if l_onoff == 1 { "reset" } else { "" })?;
        client.go()?;
        let call = format!("wait4(pid {})", client.pid());
        let status = client.end()?;
        server.step(call, &status.to_string())?;
    }
    Ok(())
}

fn tcp_socket() -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None)
}

fn client(way: &str, address: &str) -> Result<()> {
    let client = Actor::new("client");
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    let (handler, name) = match way {
        "ignored" => (SigHandler::SigIgn, "SIG_IGN"),
        "handler" => (SigHandler::Handler(count), "count"),
        // What a program in C starts with: the signal ends the process.
        _ => (SigHandler::SigDfl, "SIG_DFL"),
    };
    let before = prepare(handler)?;
    let call = format!("sigaction(SIGPIPE, {name}) = 0");
    client.step(call, &format!("was {before:?}"))?;
    wait_for_go()?;
    if way == "reset" {
        wait_until_broken(&connection)?;
    } else {
        let end = recv(fd, &mut [0], MsgFlags::empty());
        client.step(format!("recv({fd}) = {}", outcome(&end)), "")?;
    }
    // ANCHOR: first
    let flags = match way {
        // No SIGPIPE for this call, whatever the process has set.
        "nosignal" => sys::MSG_NOSIGNAL,
        _ => MsgFlags::empty(),
    };
    // https://man7.org/linux/man-pages/man2/send.2.html
    let first = send(fd, b"one", flags);
    // Comes back when a reset has arrived.
    wait_until_broken(&connection)?;
    // ANCHOR_END: first
    client.step(format!("send({fd}, \"one\") = {}", outcome(&first)), "")?;
    let second = send(fd, b"two", flags);
    let remark = match CAUGHT.load(Ordering::Relaxed) {
        0 if way == "nosignal" => "MSG_NOSIGNAL",
        0 => "",
        _ => "the handler has run",
    };
    client.step(
        format!("send({fd}, \"two\") = {}", outcome(&second)),
        remark,
    )
}

// ANCHOR: prepare
/// Sets what SIGPIPE does in this process; gives back what it did before.
fn prepare(handler: SigHandler) -> nix::Result<SigHandler> {
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // https://man7.org/linux/man-pages/man2/sigaction.2.html
    // SAFETY: the handler of this program adds to an atomic, no more.
    #[expect(unsafe_code, reason = "a handler must be signal-safe")]
    let before = unsafe { sigaction(Signal::SIGPIPE, &action) }?;
    Ok(before.handler())
}

static CAUGHT: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: c_int) {
    CAUGHT.fetch_add(1, Ordering::Relaxed);
}
// ANCHOR_END: prepare

/// Waits until this kernel has heard of the reset. `poll` belongs to topic 07;
/// here it comes back when the connection is broken, or after a second.
fn wait_until_broken(connection: &OwnedFd) -> Result<()> {
    let broken = PollFd::new(connection.as_fd(), PollFlags::empty());
    ensure!(poll(&mut [broken], 1000_u16)? == 1, "no reset in a second");
    Ok(())
}
// ANCHOR_END: all
