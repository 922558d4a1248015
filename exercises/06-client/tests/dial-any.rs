//! The graded checks of `dial-any`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream,
};
use std::ops::RangeInclusive;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, bind, socket,
};
use testkit::grade::{self, Attempt, Check, Closed, Exercise, args, expect};
use testkit::{Ended, Skip};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "dial-any",
    topic: "06-client",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_first_that_answers_gets_one_connection_and_its_end",
            why: "one call of `connect` for each address, nothing sent, and \
                  the connection closed",
            run: the_first_that_answers_gets_one_connection_and_its_end,
        },
        Check {
            name: "nothing_is_tried_after_a_success",
            why: "an attempt that nobody needs is a connection that a server \
                  has to serve",
            run: nothing_is_tried_after_a_success,
        },
        Check {
            name: "each_failure_is_told_in_its_order",
            why: "which of the failures matters depends on where the server \
                  is meant to be, so each is told",
            run: each_failure_is_told_in_its_order,
        },
        Check {
            name: "any_failure_leads_to_the_next_address",
            why: "a refusal is one reason among many; each speaks of one \
                  address",
            run: any_failure_leads_to_the_next_address,
        },
        Check {
            name: "both_families_stand_in_one_list",
            why: "a socket belongs to one family of addresses",
            run: both_families_stand_in_one_list,
        },
        Check {
            name: "where_none_answers_the_exit_code_is_1",
            why: "a script goes by the exit code",
            run: where_none_answers_the_exit_code_is_1,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-dial-any")
        .or(option_env!("CARGO_BIN_EXE_sol-dial-any"));
    grade::main(&EXERCISE, program)
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

fn the_first_that_answers_gets_one_connection_and_its_end(
    a: &mut Attempt,
) -> Result<()> {
    let closed = closed(a, 1..=4)?;
    let server = a.listener("the server")?;
    let addresses = list(&closed, &[server.address]);
    let ended = ends(a, &addresses, 0)?;
    let mut peer = a.accepts(&server, "the server's end")?;
    a.hears_the_end(&mut peer)?;
    a.nobody_came(&server)?;
    connected(a, &ended, server.address)
}

fn nothing_is_tried_after_a_success(a: &mut Attempt) -> Result<()> {
    let first = a.listener("the first server")?;
    let second = a.listener("the second server")?;
    let ended = ends(a, &[first.address, second.address], 0)?;
    a.nobody_came(&second)?;
    connected(a, &ended, first.address)
}

fn each_failure_is_told_in_its_order(a: &mut Attempt) -> Result<()> {
    let closed = closed(a, 2..=5)?;
    let server = a.listener("the server")?;
    let addresses = list(&closed, &[server.address]);
    let ended = ends(a, &addresses, 0)?;
    let refused: Vec<_> = closed
        .iter()
        .map(|closed| (closed.address, Errno::ECONNREFUSED))
        .collect();
    failures(a, &ended, &refused)
}

fn any_failure_leads_to_the_next_address(a: &mut Attempt) -> Result<()> {
    let strange = SocketAddr::from(([224, 0, 0, 1], a.random.u16(1..)));
    let errno = refusal(strange)?;
    let server = a.listener("the server")?;
    let ended = ends(a, &[strange, server.address], 0)?;
    connected(a, &ended, server.address)?;
    failures(a, &ended, &[(strange, errno)])
}

fn both_families_stand_in_one_list(a: &mut Attempt) -> Result<()> {
    for (first, then) in [(V4, V6), (V6, V4)] {
        let server = a.listener_at("the server", then)?;
        let (closed, _kept) = nobody_at(a, first)?;
        let ended = ends(a, &[closed, server.address], 0)?;
        connected(a, &ended, server.address)?;
    }
    Ok(())
}

fn where_none_answers_the_exit_code_is_1(a: &mut Attempt) -> Result<()> {
    let closed = closed(a, 1..=4)?;
    let ended = ends(a, &list(&closed, &[]), 1)?;
    a.printed(&ended, b"")
}

/// A few addresses that refuse.
fn closed(a: &mut Attempt, few: RangeInclusive<usize>) -> Result<Vec<Closed>> {
    (0..a.random.usize(few))
        .map(|_| a.closed_address())
        .collect()
}

fn list(closed: &[Closed], servers: &[SocketAddr]) -> Vec<SocketAddr> {
    let closed = closed.iter().map(|closed| closed.address);
    closed.chain(servers.iter().copied()).collect()
}

/// An address at `ip` that refuses, as long as the descriptor is open.
fn nobody_at(a: &mut Attempt, ip: IpAddr) -> Result<(SocketAddr, OwnedFd)> {
    let family = match ip {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    };
    let any = SockaddrStorage::from(SocketAddr::from((ip, 0)));
    let bound = socket(family, SockType::Stream, SockFlag::empty(), None)
        .context("socket")?;
    match bind(bound.as_raw_fd(), &any) {
        Err(Errno::EADDRNOTAVAIL) => {
            return Err(Skip(format!("needs the address {ip}")).into());
        }
        done => done.context("bind")?,
    }
    // std asks the kernel in the same way for every stream socket.
    let address = TcpListener::from(bound.try_clone()?).local_addr()?;
    a.step(format_args!("nobody listens on {address}"));
    Ok((address, bound))
}

/// Runs the program to its end.
fn ends(a: &mut Attempt, addresses: &[SocketAddr], code: i32) -> Result<Ended> {
    let texts: Vec<String> =
        addresses.iter().map(SocketAddr::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let run = a.start(args(&texts))?;
    a.ends_with(&run, code)
}

fn connected(
    a: &mut Attempt,
    ended: &Ended,
    address: SocketAddr,
) -> Result<()> {
    a.printed(ended, format!("connected to {address}\n").as_bytes())
}

/// Fails unless standard error tells of exactly these attempts.
fn failures(
    a: &mut Attempt,
    ended: &Ended,
    expected: &[(SocketAddr, Errno)],
) -> Result<()> {
    let expected: Vec<String> = expected
        .iter()
        .map(|(address, errno)| format!("connect to {address}: {errno:?}"))
        .collect();
    let told: Vec<&str> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("connect to "))
        .collect();
    let right = told.len() == expected.len()
        && told
            .iter()
            .zip(&expected)
            .all(|(t, e)| t.starts_with(e.as_str()));
    expect(
        right,
        format_args!("on standard error: {}", expected.join(" / ")),
        match ended.stderr.trim_end() {
            "" => "nothing there".to_owned(),
            said => said.lines().collect::<Vec<_>>().join(" / "),
        },
    )?;
    a.step("standard error tells of each failed attempt, in order");
    Ok(())
}

/// What this kernel says to a connection that it can't even begin.
fn refusal(address: SocketAddr) -> Result<Errno> {
    let failed = TcpStream::connect_timeout(&address, Duration::from_secs(2));
    let errno = match failed {
        Ok(_) => None,
        Err(error) => error.raw_os_error(),
    };
    match errno.map(Errno::from_raw) {
        Some(errno) if errno != Errno::ETIMEDOUT => Ok(errno),
        _ => Err(Skip(format!(
            "needs a kernel that knows no way to {address}"
        ))
        .into()),
    }
}
