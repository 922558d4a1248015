//! dial-any: connect to the first of several addresses that answers.
//!
//! Starts from: chapters/06-client/src/bin/client.rs, which tells of failed
//! attempts together and only when all have failed, and goes on to talk. This
//! one tells of each failure, and ends as soon as it is connected.
//!
//! Task: exercises/06-client/README.md
//! Check: cargo lab check dial-any

use std::env;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Result;

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
    // TODO: for each address a socket of its family, and one attempt.
    // TODO: for a failure a line on standard error,
    // `connect to ADDRESS:PORT: ERRNO`; what is an errno's name in nix?
    todo!("connect to one of {} addresses", addresses.len())
}
