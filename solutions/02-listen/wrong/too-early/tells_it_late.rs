//! Wrong: tells the address only when the word is there.
//! Fails: a_client_can_connect_as_soon_as_it_is_told_the_address
//! Told: line 1 on standard output

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
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
    let word = word_of_the_day()?;
    listen(&server, Backlog::new(16)?).context("listen")?;
    announce(&server)?;
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
