//! too-early: tell an address, read the word of the day, and give it to one
//! client.
//!
//! What it should do: print `listening on ADDRESS:PORT`, from when on clients
//! can connect; read a line from standard input; take one client, send it the
//! line and close.
//!
//! Task: exercises/02-listen/README.md
//! Check: cargo lab check too-early

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, send, socket,
};

fn main() -> ExitCode {
    if env::args().nth(1).is_some() {
        eprintln!("usage: too-early");
        return ExitCode::from(2);
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let server = open()?;
    announce(&server)?;
    let word = word_of_the_day()?;
    serve(&server, &word)
}

/// Makes the server's socket and gives it an address.
fn open() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let server =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    let address = SockaddrIn::new(127, 0, 0, 1, 0);
    bind(server.as_raw_fd(), &address)
        .with_context(|| format!("bind {address}"))?;
    Ok(server)
}

/// Prints where clients can connect.
fn announce(server: &OwnedFd) -> Result<()> {
    let address: SockaddrIn =
        getsockname(server.as_raw_fd()).context("getsockname")?;
    let mut out = io::stdout();
    writeln!(out, "listening on {address}")?;
    out.flush()?;
    Ok(())
}

/// Waits for a line on standard input.
fn word_of_the_day() -> Result<String> {
    let mut word = String::new();
    io::stdin().read_line(&mut word).context("read a line")?;
    ensure!(word.ends_with('\n'), "no line on standard input");
    Ok(word)
}

/// Takes one client and gives it the word.
fn serve(server: &OwnedFd, word: &str) -> Result<()> {
    listen(server, Backlog::new(16)?).context("listen")?;
    let (client, _) = sys::accept(server).context("accept")?;
    say(&client, word.as_bytes())
}

fn say(socket: &OwnedFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = send(socket.as_raw_fd(), bytes, sys::MSG_NOSIGNAL)
            .context("send")?;
        bytes = &bytes[count..];
    }
    Ok(())
}
