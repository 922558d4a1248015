//! both-talk: carry standard input to a peer, and what the peer sends to
//! standard output, both at the same time.
//!
//! Starts from: chapters/07-many-at-once/src/bin/partial-send.rs, whose loop
//! sends at one socket and reads at another until all is sent. Here one socket
//! does both, the bytes come while the program runs, from standard input, and
//! each direction has an end of its own.
//!
//! Task: exercises/07-many-at-once/README.md
//! Check: cargo lab check both-talk

use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, SockFlag, SockType, SockaddrLike, SockaddrStorage, connect, recv,
    socket,
};
use nix::unistd::read;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let address = args.first().and_then(|address| address.parse().ok());
    let (Some(address), 1) = (address, args.len()) else {
        eprintln!("usage: ex-both-talk ADDRESS:PORT");
        eprintln!("example: ex-both-talk 127.0.0.1:5555");
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

fn run(address: SocketAddr) -> Result<()> {
    let peer =
        connected(address).with_context(|| format!("connect to {address}"))?;
    talk(&peer)
}

fn connected(address: SocketAddr) -> nix::Result<OwnedFd> {
    let address = SockaddrStorage::from(address);
    let family = address.family().ok_or(Errno::EAFNOSUPPORT)?;
    let peer = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    connect(peer.as_raw_fd(), &address)?;
    Ok(peer)
}

/// What can be done now and does not have to wait.
struct Ready {
    peer: bool,
    input: bool,
    room: bool,
}

/// Carries both directions, as long as one of them goes on.
fn talk(peer: &OwnedFd) -> Result<()> {
    // Read from standard input and not sent yet.
    let mut rest = Vec::new();
    let (mut input_goes_on, mut peer_goes_on) = (true, true);
    // TODO: when is it the right moment to tell the peer that the input has
    // ended? And is the direction from you to the peer over before that?
    while input_goes_on || peer_goes_on {
        let ready = wait(peer, &rest)?;
        if ready.peer {
            peer_goes_on = hear(peer)?;
        }
        if ready.input {
            input_goes_on = listen_to_input(&mut rest)?;
        }
        if ready.room {
            rest.drain(..say(peer, &rest)?);
        }
    }
    Ok(())
}

/// Sleeps until there is something to do in one of the two directions.
fn wait(peer: &OwnedFd, rest: &[u8]) -> Result<Ready> {
    // TODO: which descriptors, and each of them in which case only? What this
    // function has to know for that is yours to hand over.
    let fd = peer.as_raw_fd();
    todo!("wait for 0 and {fd}; {} bytes are to be sent", rest.len())
}

/// Sends what fits, without waiting; how many bytes that were.
fn say(peer: &OwnedFd, rest: &[u8]) -> Result<usize> {
    // TODO: what does the count say, and what does EWOULDBLOCK say?
    let fd = peer.as_raw_fd();
    todo!("send some of {} bytes to {fd}", rest.len())
}

/// Prints what the peer has sent; whether its stream goes on. The flush is
/// for what does not end with a newline.
fn hear(peer: &OwnedFd) -> Result<bool> {
    let mut buffer = vec![0; 65536];
    let count = recv(peer.as_raw_fd(), &mut buffer, MsgFlags::empty());
    let count = count.context("recv")?;
    let mut out = io::stdout();
    out.write_all(&buffer[..count]).and_then(|()| out.flush())?;
    Ok(count > 0)
}

/// Reads once from standard input; whether it goes on. This is `read` and not
/// `io::stdin().read`: that one keeps a buffer of its own, which `select`
/// does not see.
fn listen_to_input(rest: &mut Vec<u8>) -> Result<bool> {
    let mut buffer = vec![0; 65536];
    let count = read(io::stdin(), &mut buffer).context("read")?;
    rest.extend_from_slice(&buffer[..count]);
    Ok(count > 0)
}
