//! Wrong: gives the word to who waits by then, and ends where nobody does.
//! Fails: a_client_that_comes_later_gets_the_word_too
//! Told: the program has ended: exit code 0

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, send, socket,
};

pub fn main() -> ExitCode {
    if env::args().nth(1).is_some() {
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
    listen(&server, Backlog::new(16)?).context("listen")?;
    announce(&server)?;
    let word = word_of_the_day()?;
    serve(&server, &word)
}

fn open() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let server =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    let address = SockaddrIn::new(127, 0, 0, 1, 0);
    bind(server.as_raw_fd(), &address)
        .with_context(|| format!("bind {address}"))?;
    Ok(server)
}

fn announce(server: &OwnedFd) -> Result<()> {
    let address: SockaddrIn =
        getsockname(server.as_raw_fd()).context("getsockname")?;
    let mut out = io::stdout();
    writeln!(out, "listening on {address}")?;
    out.flush()?;
    Ok(())
}

fn word_of_the_day() -> Result<String> {
    let mut word = String::new();
    io::stdin().read_line(&mut word).context("read a line")?;
    ensure!(word.ends_with('\n'), "no line on standard input");
    Ok(word)
}

fn serve(server: &OwnedFd, word: &str) -> Result<()> {
    let mut queue = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
    if poll(&mut queue, 0_u8)? == 0 {
        return Ok(());
    }
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
