//! lost-tail: send what standard input holds to a peer, and answer SIGUSR1
//! with a line while doing so.
//!
//! What it should do: every byte arrives, in order, and the last line tells
//! how many there were. SIGUSR1 asks whether the program is still at work: it
//! prints `still sending` at once and goes on.
//!
//! Task: exercises/05-transfer/README.md
//! Check: cargo lab check lost-tail

use std::env;
use std::io::{self, Read, Write};
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, connect, send, socket,
};
use nix::unistd::write;

const USAGE: &str = "usage: ex-lost-tail ADDRESS:PORT < FILE
example: ex-lost-tail 127.0.0.1:5555 < Cargo.toml";

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
    answer_signals().context("sigaction")?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).context("read")?;
    let connection = connected_socket(address)
        .with_context(|| format!("connect to {address}"))?;
    send_all(&connection, &bytes).context("send")?;
    // The end of the stream, which tells the peer that this was all.
    drop(connection);
    writeln!(io::stdout(), "sent {} bytes", bytes.len())?;
    Ok(())
}

/// Has SIGUSR1 run `on_signal` from now on. With SA_RESTART the kernel enters
/// the interrupted call again.
fn answer_signals() -> nix::Result<()> {
    let handler = SigHandler::Handler(on_signal);
    let action = SigAction::new(handler, SaFlags::SA_RESTART, SigSet::empty());
    // SAFETY: the handler makes one system call, which is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

extern "C" fn on_signal(_: c_int) {
    // SAFETY: standard output is open as long as the process is.
    let out = unsafe { BorrowedFd::borrow_raw(1) };
    let _ = write(out, b"still sending\n");
}

fn connected_socket(address: SocketAddrV4) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrIn::from(address))?;
    Ok(connection)
}

/// Hands all of `bytes` to the kernel.
fn send_all(connection: &OwnedFd, bytes: &[u8]) -> nix::Result<()> {
    send(connection.as_raw_fd(), bytes, sys::MSG_NOSIGNAL)?;
    Ok(())
}
