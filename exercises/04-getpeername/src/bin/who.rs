//! who: say who is at the other end of descriptor 0.
//!
//! Starts from: `service` in chapters/04-getpeername/src/bin/getpeername.rs,
//! which prints two addresses as they are and fails where there is none. This
//! one tells the families apart, and why nobody is there.
//!
//! Task: exercises/04-getpeername/README.md
//! Check: cargo lab check who

use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};

const USAGE: &str = "\
usage: ex-who, with a connection as descriptor 0
example: socat TCP-LISTEN:5555,reuseaddr EXEC:target/debug/ex-who,nofork";

fn main() -> ExitCode {
    if std::env::args().count() > 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let (answer, code) = match who()? {
        Found::Peer(answer) => (answer, ExitCode::SUCCESS),
        Found::Nobody(why) => (why.to_owned(), ExitCode::FAILURE),
    };
    writeln!(io::stdout(), "{answer}").context("print")?;
    Ok(code)
}

/// What there is at the other end.
#[allow(dead_code, reason = "your code makes both")]
enum Found {
    /// `IPv4 127.0.0.1 port 4711`, for instance.
    Peer(String),
    /// `not a socket`, for instance.
    Nobody(&'static str),
}

fn who() -> Result<Found> {
    // TODO: ask for the address at the other end of descriptor 0, whatever
    // family it has.
    // TODO: which failures are answers?
    // TODO: which families are there, and what does each address hold?
    todo!("ask who is at the other end of {}", io::stdin().as_raw_fd())
}
