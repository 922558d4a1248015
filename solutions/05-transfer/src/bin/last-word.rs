//! last-word: send all of the input, and tell how the peer's answer ends.
//!
//! Starts from: chapters/05-transfer/src/bin/endings.rs, whose client shuts
//! down its sending direction and then reads to the end. This one sends what
//! its standard input holds, and a reset may come at any of its calls.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo test -p sol-05-transfer --test last-word
//!
//! One of several solutions; one that reads in a second thread while it sends
//! does as well, and does not stop where the peer answers much too early.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, connect,
    recv, send, shutdown, socket,
};
use nix::unistd::read;

const USAGE: &str = "usage: ex-last-word ADDRESS:PORT < INPUT
example: ex-last-word 127.0.0.1:5555 < Cargo.toml";

/// The exit code where the connection was reset.
const RESET: u8 = 3;

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let Some(Ok(address)) = args.first().map(|text| text.parse()) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(address) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddrV4) -> Result<ExitCode> {
    let connection = connect_to(address)?;
    let mut count = 0;
    let reset = converse(&connection, &mut count)?;
    let (ending, code) = match reset {
        false => ("end of stream", 0),
        true => ("reset", RESET),
    };
    writeln!(io::stdout(), "{ending} after {count} bytes")?;
    Ok(ExitCode::from(code))
}

fn connect_to(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}

/// Sends all of standard input, ends that direction, and reads the other one
/// to its end; adds to `count` what comes. Gives back whether the connection
/// was reset.
fn converse(connection: &OwnedFd, count: &mut u64) -> Result<bool> {
    let fd = connection.as_raw_fd();
    match send_input(fd) {
        // The kernel tells of a reset once: after this, `recv` would say 0,
        // as after an ordinary end. EPIPE is for a peer whose end of stream
        // came before its reset; Rust ignores the signal that goes with it.
        Err(Errno::EPIPE | Errno::ECONNRESET) => return Ok(true),
        sent => sent.context("send the input")?,
    }
    match shutdown(fd, Shutdown::Write) {
        // The reset was here before the call: there is no direction to end.
        Err(Errno::ENOTCONN) => return Ok(true),
        done => done.context("shutdown")?,
    }
    let mut buffer = [0; 4096];
    loop {
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(false),
            Ok(came) => *count += came as u64,
            // A signal came before a byte did: ask again.
            Err(Errno::EINTR) => {}
            Err(Errno::ECONNRESET) => return Ok(true),
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}

/// Hands all of standard input to the kernel.
fn send_input(fd: RawFd) -> nix::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match read(io::stdin(), &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => send_all(fd, &buffer[..count])?,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// A short count is no failure: the rest is still ours to send.
fn send_all(fd: RawFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match send(fd, bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
