//! post: hand standard input to a server, and print its reply.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which sends one short
//! message and drops what the server says. This one sends whatever standard
//! input holds, and what comes back is what it is started for.
//!
//! Task: exercises/06-client/README.md
//! Check: cargo lab check post

use std::env;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
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
    // TODO: standard input in pieces; each piece whole, short counts or not.
    // TODO: how does the server learn that nothing more comes?
    todo!("send standard input to descriptor {}", server.as_raw_fd())
}

/// Prints what the server sends, to the end of its stream.
fn print_the_reply(server: &OwnedFd) -> Result<()> {
    // TODO: which result of `recv` is the end, and which are not?
    todo!("print what descriptor {} receives", server.as_raw_fd())
}
