//! ask: put one word to a server and print its whole answer.
//!
//! Starts from: the client of chapters/00-first-contact/src/bin/
//! first-contact.rs, which stops reading at the first newline. Here only the
//! end of the stream says that the answer is complete.
//!
//! Task: exercises/00-first-contact/README.md
//! Check: cargo lab check ask

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::process::ExitCode;

use anyhow::{Context, Result};

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, word] = &args[..] else {
        eprintln!("usage: ask ADDRESS:PORT WORD");
        return ExitCode::from(2);
    };
    let Ok(address) = address.parse() else {
        eprintln!("{address} is not an IPv4 address and port");
        return ExitCode::from(2);
    };
    match run(address, word) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddrV4, word: &str) -> Result<()> {
    let answer = ask(address, word)?;
    let mut out = io::stdout();
    out.write_all(&answer).context("write to standard output")?;
    out.flush().context("write to standard output")
}

/// Sends `word` and a newline to the server at `address`: all that it
/// answers.
fn ask(address: SocketAddrV4, word: &str) -> Result<Vec<u8>> {
    // TODO: make a socket, connect it, send the line.
    // TODO: receive until the end of the stream. When is a failed call the
    // end of the answer, and when is it the end of the program?
    todo!("ask {address} for {word}")
}
