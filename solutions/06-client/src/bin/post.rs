//! post: hand standard input to a server, and print its reply.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which sends one short
//! message and drops what the server says. This one sends whatever standard
//! input holds, and what comes back is what it is started for.
//!
//! Task: exercises/06-client/README.md
//! Check: cargo test -p sol-06-client --test post
//!
//! One of several solutions; `io::copy` of std in both directions would do as
//! well.

use std::env;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrStorage,
    connect, recv, send, shutdown, socket,
};

const USAGE: &str = "usage: ex-post ADDRESS:PORT
example: ex-post 127.0.0.1:5555 < README.md";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address] = &args[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Ok(address) = address.parse() else {
        eprintln!("{address} is not an address with a port\n{USAGE}");
        return ExitCode::from(2);
    };
    match run(address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddr) -> Result<()> {
    let server =
        connect_to(address).with_context(|| format!("connect to {address}"))?;
    send_the_input(&server).context("send")?;
    print_the_reply(&server).context("recv")
}

fn connect_to(address: SocketAddr) -> nix::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let server = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    connect(server.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(server)
}

/// Sends all of standard input, and tells the server that this was all.
fn send_the_input(server: &OwnedFd) -> Result<()> {
    let mut input = io::stdin();
    let mut buffer = [0; 65536];
    loop {
        // std calls again after EINTR only in `read_to_end` and its like.
        match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => send_all(server, &buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("standard input"),
        }
    }
    // The half-close: the server reads its 0, and the reply still comes in.
    // After a reset it fails with ENOTCONN, and nothing more would come.
    Ok(shutdown(server.as_raw_fd(), Shutdown::Write)?)
}

/// A short count is no failure: the rest is still ours to send.
fn send_all(server: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match send(server.as_raw_fd(), bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            // The server gave up. Its reset is told once: a `recv` after it
            // would return 0, like the end of an empty reply.
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Prints what the server sends, to the end of its stream.
fn print_the_reply(server: &OwnedFd) -> Result<()> {
    let mut out = io::stdout();
    let mut buffer = [0; 65536];
    loop {
        match recv(server.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            // Only this says that the reply is complete.
            Ok(0) => return out.flush().context("standard output"),
            Ok(count) => {
                out.write_all(&buffer[..count]).context("standard output")?
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
