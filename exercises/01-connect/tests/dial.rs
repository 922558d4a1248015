//! The graded checks of `dial`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};
use testkit::Skip;
use testkit::grade::{self, Attempt, Check, Exercise, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "dial",
    topic: "01-connect",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_server_that_has_only_called_listen_is_connected",
            why: "the server's kernel answers connect; its program need not \
                  call accept, nor say anything",
            run: a_server_that_has_only_called_listen_is_connected,
        },
        Check {
            name: "the_connection_carries_nothing_and_is_closed",
            why: "the program makes one connection, sends nothing, and its \
                  end is the end of the connection",
            run: the_connection_carries_nothing_and_is_closed,
        },
        Check {
            name: "a_port_without_a_listening_socket_is_refused",
            why: "ECONNREFUSED has a line and an exit code of its own, 3",
            run: a_port_without_a_listening_socket_is_refused,
        },
        Check {
            name: "no_way_is_told_from_a_refusal",
            why: "ENETUNREACH comes from this machine's kernel and not from \
                  the other one, and its exit code is 4",
            run: no_way_is_told_from_a_refusal,
        },
        Check {
            name: "an_ipv6_server_is_reached_too",
            why: "an address may be IPv6, and the socket is made for the \
                  address",
            run: an_ipv6_server_is_reached_too,
        },
        Check {
            name: "any_other_failure_is_called_by_its_name",
            why: "connect has more errnos than two; each has a name, and \
                  their exit code is 1",
            run: any_other_failure_is_called_by_its_name,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-dial")
        .or(option_env!("CARGO_BIN_EXE_sol-dial"));
    grade::main(&EXERCISE, program)
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

/// Starts the program, which must print this line and end with this code.
fn tells(
    a: &mut Attempt,
    address: SocketAddr,
    line: &str,
    code: i32,
) -> Result<()> {
    let run = a.start(args(&[&address.to_string()]))?;
    let ended = a.ends_with(&run, code)?;
    a.printed(&ended, format!("{line} {address}\n").as_bytes())
}

/// What this machine's kernel itself says about an address.
fn answer(address: SocketAddr) -> Result<nix::Result<()>> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let kind = SockType::Stream;
    // Not every machine knows both families.
    let client = match socket(family, kind, SockFlag::empty(), None) {
        Err(Errno::EAFNOSUPPORT) => {
            return Err(Skip(format!("needs {family:?}")).into());
        }
        client => client.context("socket")?,
    };
    Ok(connect(client.as_raw_fd(), &SockaddrStorage::from(address)))
}

fn a_server_that_has_only_called_listen_is_connected(
    a: &mut Attempt,
) -> Result<()> {
    let home = home(a);
    let server = a.listener_at("the server", home)?;
    tells(a, server.address, "connected to", 0)
}

fn the_connection_carries_nothing_and_is_closed(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the server")?;
    let run = a.start(args(&[&listener.address.to_string()]))?;
    let mut server = a.accepts(&listener, "the server")?;
    a.half_closes(&mut server)?;
    a.ends_with(&run, 0)?;
    a.hears_the_end(&mut server)?;
    a.nobody_came(&listener)
}

fn a_port_without_a_listening_socket_is_refused(a: &mut Attempt) -> Result<()> {
    let nobody = a.closed_address()?;
    tells(a, nobody.address, "ECONNREFUSED: nobody listens at", 3)
}

fn no_way_is_told_from_a_refusal(a: &mut Attempt) -> Result<()> {
    // No connection has a group of hosts at its other end.
    let group = Ipv4Addr::new(224, 0, 0, a.random.u8(1..=250));
    let address = SocketAddr::from((group, a.random.u16(1024..)));
    match answer(address)? {
        Err(Errno::ENETUNREACH) => {}
        other => {
            let why = "needs a kernel that says ENETUNREACH of a group";
            return Err(Skip(format!("{why}: {other:?}")).into());
        }
    }
    a.step(format_args!("the kernel has no way to {address}"));
    tells(a, address, "ENETUNREACH: no way to", 4)
}

fn an_ipv6_server_is_reached_too(a: &mut Attempt) -> Result<()> {
    let localhost = Ipv6Addr::LOCALHOST.into();
    let listener = a.listener_at("the server", localhost)?;
    let line = format!("connected to {}\n", listener.address);
    let run = a.start(args(&[&listener.address.to_string()]))?;
    match a.accepts(&listener, "the server") {
        Ok(mut server) => a.half_closes(&mut server)?,
        Err(nobody) => {
            // What the program said instead tells more.
            let ended = a.ends(&run)?;
            a.printed(&ended, line.as_bytes())?;
            return Err(nobody);
        }
    }
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, line.as_bytes())
}

fn any_other_failure_is_called_by_its_name(a: &mut Attempt) -> Result<()> {
    // An address of the kind that each cable has for itself, and no cable is
    // named.
    let host = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, a.random.u16(1..));
    let address = SocketAddr::from((host, a.random.u16(1024..)));
    let errno = match answer(address)? {
        Err(Errno::ECONNREFUSED | Errno::ENETUNREACH) | Ok(()) => {
            let why = format!("needs a third errno for {address}");
            return Err(Skip(why).into());
        }
        Err(errno) => errno,
    };
    a.step(format_args!("the kernel says {errno:?} of {address}"));
    tells(a, address, &format!("{errno:?}: no connection to"), 1)
}
