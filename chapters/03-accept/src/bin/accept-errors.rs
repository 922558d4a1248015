// ANCHOR: all
//! What `accept` refuses, and the two failures that a server lives through.
//!
//! Watch for: which failures speak of the socket (the program is wrong) and
//! which of the moment (the next call may succeed).
//!
//! Both sides: cargo run --bin accept-errors
//! Client: cargo run --bin accept-errors client 127.0.0.1:5555
//!
//! Page: book/src/03-accept/accept-errors.md

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, setsockopt, socket, sockopt,
};
use stage::{Actor, Peer, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: accept-errors [client ADDRESS]
example: accept-errors client 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => {
            wrong_sockets()?;
            wrong_moments()
        }
        ["client", address] => client(address),
        _ => Err(misuse("accept-errors takes a role and an address")),
    }
}

/// Failures that last: this descriptor will never accept anything.
fn wrong_sockets() -> Result<()> {
    let stream = tcp_socket()?;
    let (family, kind) = (AddressFamily::Inet, SockType::Datagram);
    let datagram =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    let no_socket = File::open("/dev/null").context("open /dev/null")?;
    try_accept(&no_socket, "no socket: topic 00")?;
    try_accept(&stream, "nobody called listen")?;
    try_accept(&datagram, "UDP: no connections")
}

/// Failures that pass: the listening socket is as good as before.
fn wrong_moments() -> Result<()> {
    let server = Actor::new("server");
    let listener = tcp_socket()?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?).context("listen")?;
    let address = getsockname::<SockaddrIn>(listener.as_raw_fd())?.to_string();

    let mut patient = Peer::start("client A", &["client", &address])?;
    patient.show()?;
    without_descriptors(&listener, "no number is left")?;
    try_accept(&listener, "client A was kept")?;
    patient.kill()?;

    let mut gone = Peer::start("client B", &["client", &address])?;
    gone.show()?;
    gone.go()?;
    gone.finish()?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    let fd = connection.as_raw_fd();
    server.step(format!("accept(3) = {fd}"), "client B, reset")?;
    let received = recv(fd, &mut [0; 8], MsgFlags::empty());
    server.step(
        format!("recv({fd}) = {}", outcome(&received)),
        "learnt here",
    )
}

fn try_accept(listener: impl AsFd, remark: &str) -> Result<()> {
    let fd = listener.as_fd().as_raw_fd();
    let accepted = sys::accept(listener).map(|(connection, _)| connection);
    let call = format!("accept({fd}) = {}", outcome(&accepted));
    Actor::new("server").step(call, remark)
}

// ANCHOR: limit
/// Calls `accept` while this process may open no further descriptor.
fn without_descriptors(listener: &OwnedFd, remark: &str) -> Result<()> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // The limit is one above the highest number: 0 to 3 are open, 4 is next.
    let next = listener.as_raw_fd() + 1;
    setrlimit(Resource::RLIMIT_NOFILE, rlim_t::try_from(next)?, hard)?;
    let result = try_accept(listener, remark);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    result
}
// ANCHOR_END: limit

/// Connects, waits, and then gives up in the rudest way there is.
fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    client.step(format!("connect({fd}) = 0"), "in the queue")?;
    wait_for_go()?;
    // Closing with a linger time of 0 sends a reset; topic 05 tells why.
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&connection, sockopt::Linger, &at_once)?;
    drop(connection);
    client.step(format!("close({fd}) = 0"), "with a reset")
}

fn tcp_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}
// ANCHOR_END: all
