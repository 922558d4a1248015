//! dial: connect to an address, and say how that went.
//!
//! Starts from: the client of chapters/01-connect/src/bin/connect.rs, for
//! which every failure is one and the same end. Here each answer of `connect`
//! has a line and an exit code of its own, and an address may be IPv6.
//!
//! Task: exercises/01-connect/README.md
//! Check: cargo test -p sol-01-connect --test dial
//!
//! One of several solutions; std's `TcpStream::connect`, and the number in its
//! error, would do as well.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address] = &args[..] else {
        eprintln!("usage: dial ADDRESS:PORT");
        return ExitCode::from(2);
    };
    let Ok(address) = address.parse() else {
        eprintln!("{address} is not an IP address and port");
        return ExitCode::from(2);
    };
    match run(address) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints the line, and gives back the exit code.
fn run(address: SocketAddr) -> Result<u8> {
    let (line, code) = dial(address)?;
    writeln!(io::stdout(), "{line}").context("write to standard output")?;
    Ok(code)
}

/// Tries once to connect to `address`: the line that says how it went, and
/// the exit code that goes with it.
fn dial(address: SocketAddr) -> Result<(String, u8)> {
    // The family comes from the address: a socket of the other one would say
    // EAFNOSUPPORT, whoever listens there.
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let client = socket(family, SockType::Stream, SockFlag::empty(), None)
        .context("socket")?;
    let target = SockaddrStorage::from(address);
    Ok(match connect(client.as_raw_fd(), &target) {
        // The other kernel has answered; its program need not have.
        Ok(()) => (format!("connected to {address}"), 0),
        // The other kernel has answered too, with a reset.
        Err(Errno::ECONNREFUSED) => {
            (format!("ECONNREFUSED: nobody listens at {address}"), 3)
        }
        // Our own kernel has answered; no packet left.
        Err(Errno::ENETUNREACH) => {
            (format!("ENETUNREACH: no way to {address}"), 4)
        }
        // An errno's Debug is its name.
        Err(errno) => (format!("{errno:?}: no connection to {address}"), 1),
    })
    // Dropping `client` closes the connection.
}
