//! send-all: pass standard input on to a peer, every byte, and say so only
//! when the peer's program has closed.
//!
//! Starts from: `send_all` in chapters/05-transfer/src/lib.rs, which sends a
//! buffer that is there from the start. Here the bytes come from an input of
//! any length, in pieces, and each piece leaves before the next is read; the
//! end of the input becomes the end of the stream.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check send-all

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket,
};

const USAGE: &str = "usage: ex-send-all ADDRESS:PORT < FILE
example: ex-send-all 127.0.0.1:5555 < Cargo.toml";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let address = match &args[..] {
        [address] => address.parse::<SocketAddrV4>().ok(),
        _ => None,
    };
    let Some(address) = address else {
        eprintln!("{USAGE}");
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

fn run(address: SocketAddrV4) -> Result<()> {
    let connection = connected_socket(address)
        .with_context(|| format!("connect to {address}"))?;
    let count = send_input(&connection)?;
    hear_the_end(&connection)?;
    writeln!(io::stdout(), "sent {count} bytes")?;
    Ok(())
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))?;
    Ok(connection)
}

/// Sends standard input up to its end, and then the end of the stream. Gives
/// the number of bytes.
fn send_input(connection: &OwnedFd) -> Result<u64> {
    // TODO: read a piece of standard input, send all of it, and go on with
    // the next one until there is no more. Which counts come back, and which
    // of them may be smaller than you asked for?
    // TODO: tell the peer that this was all, and keep the connection.
    todo!("send the input on descriptor {}", connection.as_raw_fd())
}

/// Waits until the peer's program has closed. What it says before that is
/// thrown away.
fn hear_the_end(connection: &OwnedFd) -> Result<()> {
    // TODO: which result of `recv` says that the peer has closed, and which
    // ones don't?
    todo!("wait for the end on descriptor {}", connection.as_raw_fd())
}
