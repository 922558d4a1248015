//! echo-judge: tell a right echo server from a wrong one.
//!
//! Starts from: chapters/05-transfer/src/bin/endings.rs, whose client knows
//! how its connection will end. This one asks: does the server send back what
//! it got, all of it and no more, and does it end in order?
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo test -p sol-05-transfer --test echo-judge
//!
//! One of several solutions; one that sends and receives in two threads does
//! as well.

use std::env;
use std::net::SocketAddrV4;
use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, connect,
    recv, send, setsockopt, shutdown, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

const USAGE: &str = "usage: ex-echo-judge ADDRESS:PORT MILLISECONDS
example: ex-echo-judge 127.0.0.1:5555 1000";

/// The exit code where the server could not be judged.
const UNKNOWN: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let connection = match connect_to(&args) {
        Ok(connection) => connection,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::from(UNKNOWN);
        }
    };
    match judge(&connection) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why:#}");
            ExitCode::FAILURE
        }
    }
}

fn connect_to(args: &[String]) -> Result<OwnedFd> {
    let [address, limit] = args else { bail!(USAGE) };
    let address: SocketAddrV4 = address.parse().context(USAGE)?;
    let limit: NonZeroU32 = limit.parse().context(USAGE)?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    // From here on, a `recv` that has waited this long fails.
    let limit = TimeVal::milliseconds(limit.get().into());
    setsockopt(&connection, sockopt::ReceiveTimeout, &limit)?;
    Ok(connection)
}

/// Ok: the server keeps its contract. An error says in what it does not.
fn judge(connection: &OwnedFd) -> Result<()> {
    // All byte values but four, and no newline at the end. 251 is a prime, so
    // a piece that is lost, doubled or moved shifts the rest. The kernels at
    // both ends hold this many bytes: neither a server that answers at once
    // nor one that first reads to the end has to wait for us, or we for it.
    let question: Vec<u8> = (0..20_000).map(|i| (i % 251) as u8).collect();
    // A server that has gone lets `send` or `shutdown` fail.
    send_all(connection, &question).context("send")?;
    shutdown(connection.as_raw_fd(), Shutdown::Write).context("shutdown")?;
    let answer = receive_all(connection)?;
    let same = question
        .iter()
        .zip(&answer)
        .take_while(|(q, a)| q == a)
        .count();
    ensure!(
        answer == question,
        "of {} bytes it sent back {}, and the first {same} are right",
        question.len(),
        answer.len(),
    );
    Ok(())
}

/// A short count is no failure: the rest is still ours to send.
fn send_all(connection: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match send(connection.as_raw_fd(), bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Reads to the end of the stream. A reset, and a silence that is too long,
/// are failures.
fn receive_all(connection: &OwnedFd) -> Result<Vec<u8>> {
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(answer),
            Ok(count) => answer.extend_from_slice(&buffer[..count]),
            Err(Errno::EINTR) => {}
            Err(errno) => bail!("recv after {} bytes: {errno}", answer.len()),
        }
        ensure!(answer.len() < 1_000_000, "there is no end to its answer");
    }
}
