//! echo-judge: tell a right echo server from a wrong one.
//!
//! Starts from: chapters/05-transfer/src/bin/endings.rs, whose client knows
//! how its connection will end. This one asks: does the server send back what
//! it got, all of it and no more, and does it end in order?
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check echo-judge

use std::env;
use std::net::SocketAddrV4;
use std::num::NonZeroU32;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, setsockopt, socket,
    sockopt,
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
    // TODO: which bytes, and how many, would a wrong server give back wrong?
    // TODO: send them, and tell the server that these were all.
    // TODO: is what comes back the same? And what comes after it?
    todo!("judge the server on descriptor {}", connection.as_raw_fd())
}
