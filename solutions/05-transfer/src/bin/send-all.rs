//! send-all: pass standard input on to a peer, every byte, and say so only
//! when the peer's program has closed.
//!
//! Starts from: `send_all` in chapters/05-transfer/src/lib.rs, which sends a
//! buffer that is there from the start. Here the bytes come from an input of
//! any length, in pieces, and each piece leaves before the next is read; the
//! end of the input becomes the end of the stream.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo test -p sol-05-transfer --test send-all
//!
//! One of several solutions; std's `write_all` and `TcpStream::shutdown` would
//! do as well.

use std::env;
use std::io::{self, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, connect,
    recv, send, shutdown, socket,
};
use nix::unistd::read;

const USAGE: &str = "usage: ex-send-all ADDRESS:PORT < FILE
example: ex-send-all 127.0.0.1:5555 < Cargo.toml";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let address = match &args[..] {
        [address] => address.parse::<SocketAddrV4>().ok(),
        _ => None,
    };
    let Some(address) = address else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(address: SocketAddrV4) -> Result<()> {
    let connection = connected_socket(address)
        .with_context(|| format!("connect to {address}"))?;
    let count = send_input(&connection)?;
    hear_the_end(&connection)?;
    writeln!(io::stdout(), "sent {count} bytes")?;
    Ok(())
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))?;
    Ok(connection)
}

/// Sends standard input up to its end, and then the end of the stream. Gives
/// the number of bytes.
fn send_input(connection: &OwnedFd) -> Result<u64> {
    let mut buffer = vec![0; 65_536];
    let mut total = 0;
    loop {
        // `read` waits for one byte and gives what is there: what comes in
        // bits goes out in bits, and no megabytes pile up in this process.
        let count = match read(io::stdin(), &mut buffer) {
            Err(Errno::EINTR) => continue,
            result => result.context("read standard input")?,
        };
        if count == 0 {
            break;
        }
        send_all(connection, &buffer[..count]).context("send")?;
        total += count as u64;
    }
    // Ends this direction alone. The peer reads 0 behind the last byte, and
    // what it does then can still be heard.
    shutdown(connection.as_raw_fd(), Shutdown::Write).context("shutdown")?;
    Ok(total)
}

/// A short count is no failure: a stop, among others, cuts a `send` that has
/// copied a part. The rest is still ours to send.
fn send_all(connection: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        match send(connection.as_raw_fd(), bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Waits until the peer's program has closed. What it says before that is
/// thrown away.
///
/// This is the only proof that somebody has read to the end: that `send`
/// returned says that our own kernel has the bytes. A peer that resets was
/// perhaps not done, so ECONNRESET goes on to `main`.
fn hear_the_end(connection: &OwnedFd) -> Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(()),
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}
