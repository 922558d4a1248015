//! The graded checks of `first-only`, for the learner's program and for the
//! reference: whichever this package has.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, socket,
};
use testkit::grade::{
    self, Attempt, Check, Exercise, Listener, Run, args, expect,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "first-only",
    topic: "06-client",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_first_address_is_the_one_where_it_answers",
            why: "the addresses are tried in the order of the file, and none \
                  after one that answers",
            run: the_first_address_is_the_one_where_it_answers,
        },
        Check {
            name: "the_second_address_is_tried_where_the_first_refuses",
            why: "a name may have addresses of both families, and the server \
                  may listen at one of them only",
            run: the_second_address_is_tried_where_the_first_refuses,
        },
        Check {
            name: "where_no_address_answers_it_says_so",
            why: "a script goes by the exit code, and a person by the line \
                  on standard error",
            run: where_no_address_answers_it_says_so,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-first-only")
        .or(option_env!("CARGO_BIN_EXE_sol-first-only"));
    grade::main(&EXERCISE, program)
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn the_first_address_is_the_one_where_it_answers(
    a: &mut Attempt,
) -> Result<()> {
    let (server, other) = with_twin(a, V6, |address| {
        let other = TcpListener::bind(address)?;
        other.set_nonblocking(true)?;
        Ok(other)
    })?;
    a.step(format_args!(
        "another server listens at {V4}, the same port"
    ));
    let run = start(a, "localhost", server.address.port())?;
    is_served(a, &server, &run)?;
    let came = other.accept().map(|(_, from)| from);
    expect(
        came.is_err(),
        "nobody connects to the second address",
        "the program did",
    )
}

fn the_second_address_is_tried_where_the_first_refuses(
    a: &mut Attempt,
) -> Result<()> {
    let (server, _closed) = with_twin(a, V4, refusing)?;
    a.step(format_args!("nobody listens at {V6}, the same port"));
    let host = a.word();
    let run = start(a, &host, server.address.port())?;
    is_served(a, &server, &run)
}

fn where_no_address_answers_it_says_so(a: &mut Attempt) -> Result<()> {
    let (closed, _twin) = loop {
        let closed = a.closed_address()?;
        let twin = SocketAddr::from((V6, closed.address.port()));
        match refusing(twin) {
            Ok(twin) => break (closed, twin),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).context("bind the twin"),
        }
    };
    let host = a.word();
    let run = start(a, &host, closed.address.port())?;
    let ended = a.ends_with(&run, 1)?;
    a.printed(&ended, b"")?;
    expect(
        !ended.stderr.trim().is_empty(),
        "the program says so on standard error",
        "nothing there",
    )
}

/// Starts the program with a table in which `host` has two addresses.
fn start(a: &mut Attempt, host: &str, port: u16) -> Result<Run> {
    let other = a.word();
    let table = format!(
        "# addresses and names\n{V4} x{other}\n{V6} {host} # first\n\
         {V4} {other}-4 {host}\n"
    );
    fs::write(a.folder().join("hosts"), table).context("write hosts")?;
    a.step(format_args!("in the file hosts {host} has {V6}, then {V4}"));
    a.start(args(&["hosts", host, &port.to_string()]))
}

/// The program is connected to `server` and prints what it says.
fn is_served(a: &mut Attempt, server: &Listener, run: &Run) -> Result<()> {
    let mut peer = a.accepts(server, "the server's end")?;
    let words = format!("{}\n{}\n", a.word(), a.word());
    a.sends(&mut peer, words.as_bytes())?;
    a.closes(peer);
    let ended = a.ends_with(run, 0)?;
    a.printed(&ended, words.as_bytes())
}

/// A server at `ip`, and something else at the same port of the other
/// address.
fn with_twin<T>(
    a: &mut Attempt,
    ip: IpAddr,
    make: impl Fn(SocketAddr) -> io::Result<T>,
) -> Result<(Listener, T)> {
    let other = if ip == V4 { V6 } else { V4 };
    for _ in 0..20 {
        let server = a.listener_at("the server", ip)?;
        match make(SocketAddr::from((other, server.address.port()))) {
            Ok(twin) => return Ok((server, twin)),
            // Somebody else has this port there: another one, then.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).context("the twin of a port"),
        }
    }
    bail!("no port is free at both addresses")
}

/// Keeps `address` from everybody, so that it refuses connections. None where
/// this machine has no such address: nobody answers there either.
fn refusing(address: SocketAddr) -> io::Result<Option<OwnedFd>> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let keep = || {
        let kept = socket(family, SockType::Stream, SockFlag::empty(), None)?;
        bind(kept.as_raw_fd(), &SockaddrStorage::from(address))?;
        Ok(kept)
    };
    match keep() {
        Err(Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT) => Ok(None),
        kept => Ok(Some(kept?)),
    }
}
