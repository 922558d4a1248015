//! ask: put one word to a server and print its whole answer.
//!
//! Starts from: the client of chapters/00-first-contact/src/bin/
//! first-contact.rs, which stops reading at the first newline. Here only the
//! end of the stream says that the answer is complete.
//!
//! Task: exercises/00-first-contact/README.md
//! Check: cargo test -p sol-00-first-contact --test ask
//!
//! One of several solutions; printing each piece as it comes would do as well.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, connect, recv,
    send, socket,
};

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
    let connection = connected_socket(address)?;
    say(&connection, format!("{word}\n").as_bytes())?;
    let mut answer = Vec::new();
    loop {
        // The buffer has room in every call: for a buffer without room, recv
        // returns 0 as well.
        let mut piece = [0; 4096];
        // A failure goes to the caller. It says that the connection is gone,
        // and what came before it is perhaps half an answer.
        let fd = connection.as_raw_fd();
        let count = recv(fd, &mut piece, MsgFlags::empty()).context("recv")?;
        // 0 is the end of the stream: the server sends no more, ever. A
        // newline says nothing of that kind.
        if count == 0 {
            return Ok(answer);
        }
        answer.extend_from_slice(&piece[..count]);
    }
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Ok(connection)
}

/// The kernel may take less than it is given; the rest is still ours to send.
fn say(socket: &OwnedFd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        let count = send(socket.as_raw_fd(), bytes, sys::MSG_NOSIGNAL)
            .context("send")?;
        bytes = &bytes[count..];
    }
    Ok(())
}
