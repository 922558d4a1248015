//! last-word: send all of the input, and tell how the peer's answer ends.
//!
//! Starts from: chapters/05-transfer/src/bin/endings.rs, whose client shuts
//! down its sending direction and then reads to the end. This one sends what
//! its standard input holds, and a reset may come at any of its calls.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check last-word

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, socket,
};

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
    // TODO: read standard input to its end, and send all of it.
    // TODO: tell the peer that this was all, and read until it says so too.
    // TODO: which of these calls can meet a reset, and what does each say?
    let fd = connection.as_raw_fd();
    todo!("send the input on descriptor {fd}, and count from {count}")
}
