//! dial: connect to an address, and say how that went.
//!
//! Starts from: the client of chapters/01-connect/src/bin/connect.rs, for
//! which every failure is one and the same end. Here each answer of `connect`
//! has a line and an exit code of its own, and an address may be IPv6.
//!
//! Task: exercises/01-connect/README.md
//! Check: cargo lab check dial

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::{Context, Result};

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
    // TODO: make a socket for the family of the address.
    // TODO: connect it. Which line and which code go with which result?
    todo!("connect to {address}")
}
