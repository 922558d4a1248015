//! The graded checks of `swapped-port`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrIn, bind, socket,
};
use testkit::grade::{self, Attempt, Check, Closed, Exercise, Listener, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "swapped-port",
    topic: "01-connect",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_server_behind_the_six_bytes_is_reached",
            why: "a port is two bytes, the high one first, on every machine",
            run: the_server_behind_the_six_bytes_is_reached,
        },
        Check {
            name: "the_server_is_told_the_six_bytes_of_the_client",
            why: "what goes out is in network order as well as what comes \
                  in; a port turned round is a port like any other, and \
                  nobody complains",
            run: the_server_is_told_the_six_bytes_of_the_client,
        },
        Check {
            name: "a_refusal_ends_the_program_with_its_reason",
            why: "where nobody listens, connect fails, and so does the \
                  program",
            run: a_refusal_ends_the_program_with_its_reason,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-swapped-port")
        .or(option_env!("CARGO_BIN_EXE_sol-swapped-port"));
    grade::main(&EXERCISE, program)
}

/// An address as it travels: the host, the port, the high byte first.
fn packed(address: SocketAddr) -> Result<Vec<u8>> {
    let SocketAddr::V4(address) = address else {
        bail!("{address} is not IPv4");
    };
    let host = address.ip().octets();
    Ok([&host[..], &address.port().to_be_bytes()].concat())
}

/// An address of this machine: on Linux all of 127.0.0.0/8 is.
fn home(a: &mut Attempt) -> IpAddr {
    if cfg!(target_os = "linux") {
        let [b, c] = [a.random.u8(..), a.random.u8(..)];
        Ipv4Addr::new(127, b, c, a.random.u8(1..=254)).into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    }
}

/// A server whose port is another one when it is turned round.
fn listener(a: &mut Attempt) -> Result<Listener> {
    loop {
        let home = home(a);
        let listener = a.listener_at("the server", home)?;
        let port = listener.address.port();
        if port != port.swap_bytes() {
            return Ok(listener);
        }
    }
}

/// An address that refuses, whichever way round its port is read. The socket
/// keeps the second port.
fn closed(a: &mut Attempt) -> Result<(Closed, OwnedFd)> {
    for _ in 0..100 {
        let closed = a.closed_address()?;
        let port = closed.address.port().swap_bytes();
        let (family, kind) = (AddressFamily::Inet, SockType::Stream);
        let other =
            socket(family, kind, SockFlag::empty(), None).context("socket")?;
        let address = SockaddrIn::new(127, 0, 0, 1, port);
        // It may be somebody's, or the system's own.
        if port != 0 && bind(other.as_raw_fd(), &address).is_ok() {
            return Ok((closed, other));
        }
    }
    bail!("no two ports that are each other turned round")
}

fn the_server_behind_the_six_bytes_is_reached(a: &mut Attempt) -> Result<()> {
    let listener = listener(a)?;
    let bytes = packed(listener.address)?;
    a.step(format_args!("standard input gets {bytes:02x?}"));
    let run = a.start(args(&[]).fed(bytes))?;
    let _server = a.accepts(&listener, "the server")?;
    let ended = a.ends_with(&run, 0)?;
    let line = format!("connected to {}\n", listener.address);
    a.printed(&ended, line.as_bytes())
}

fn the_server_is_told_the_six_bytes_of_the_client(
    a: &mut Attempt,
) -> Result<()> {
    // The program's port is its kernel's choice; a hundred connections would
    // not make sure of one that changes when it is turned round, so take the
    // next where the first does not.
    for _ in 0..10 {
        let listener = listener(a)?;
        let run = a.start(args(&[]).fed(packed(listener.address)?))?;
        let mut server = a.accepts(&listener, "the server")?;
        let expected = packed(server.remote())?;
        a.hears(&mut server, &expected)?;
        a.hears_the_end(&mut server)?;
        a.ends_with(&run, 0)?;
        let port = server.remote().port();
        if port != port.swap_bytes() {
            return Ok(());
        }
    }
    bail!("ten ports in a row are the same turned round")
}

fn a_refusal_ends_the_program_with_its_reason(a: &mut Attempt) -> Result<()> {
    let (closed, _other) = closed(a)?;
    let run = a.start(args(&[]).fed(packed(closed.address)?))?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}
