//! dial-any: connect to the first of several addresses that answers.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which tells of failed
//! attempts together and only when all have failed, and goes on to talk. This
//! one tells of each failure, and ends as soon as it is connected.
//!
//! Task: exercises/06-client/README.md
//! Check: cargo test -p sol-06-client --test dial-any
//!
//! One of several solutions; a loop around `TcpStream::connect` of std would
//! do as well.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

const USAGE: &str = "usage: ex-dial-any ADDRESS:PORT...
example: ex-dial-any 127.0.0.1:1 [::1]:5555";

fn main() -> ExitCode {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for arg in env::args().skip(1) {
        let Ok(address) = arg.parse() else {
            eprintln!("{arg} is not an address with a port\n{USAGE}");
            return ExitCode::from(2);
        };
        addresses.push(address);
    }
    if addresses.is_empty() {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run(&addresses) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether one of the addresses has answered.
fn run(addresses: &[SocketAddr]) -> Result<bool> {
    match first_that_answers(addresses)? {
        None => Ok(false),
        Some(address) => {
            writeln!(io::stdout(), "connected to {address}")?;
            Ok(true)
        }
    }
}

/// Tries the addresses one after another, and tells of each failure.
fn first_that_answers(addresses: &[SocketAddr]) -> Result<Option<SocketAddr>> {
    for &address in addresses {
        match connect_to(address) {
            // Dropping the connection here closes it.
            Ok(_connection) => return Ok(Some(address)),
            // Whatever it is, it speaks of this address and not of the next.
            Err(errno) => {
                let line = format!("connect to {address}: {errno:?}");
                writeln!(io::stderr(), "{line}: {}", errno.desc())?;
            }
        }
    }
    Ok(None)
}

/// One attempt. A socket belongs to one family of addresses, and after a
/// failed `connect` its state is unspecified (POSIX): each gets a new one.
fn connect_to(address: SocketAddr) -> nix::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let connection = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(connection)
}
