//! who: say who is at the other end of descriptor 0.
//!
//! Starts from: `service` in chapters/04-getpeername/src/bin/getpeername.rs,
//! which prints two addresses as they are and fails where there is none. This
//! one tells the families apart, and why nobody is there.
//!
//! Task: exercises/04-getpeername/README.md
//! Check: cargo test -p sol-04-getpeername --test who
//!
//! One of several solutions; std's `peer_addr` would do as well.

use std::io::{self, Write};
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getpeername};

const USAGE: &str = "\
usage: ex-who, with a connection as descriptor 0
example: socat TCP-LISTEN:5555,reuseaddr EXEC:target/debug/ex-who,nofork";

fn main() -> ExitCode {
    if std::env::args().count() > 1 {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    }
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let (answer, code) = match who()? {
        Found::Peer(answer) => (answer, ExitCode::SUCCESS),
        Found::Nobody(why) => (why.to_owned(), ExitCode::FAILURE),
    };
    writeln!(io::stdout(), "{answer}").context("print")?;
    Ok(code)
}

/// What there is at the other end.
enum Found {
    /// `IPv4 127.0.0.1 port 4711`, for instance.
    Peer(String),
    /// `not a socket`, for instance.
    Nobody(&'static str),
}

fn who() -> Result<Found> {
    // This call sends nothing and reads nothing: the connection stays as it
    // is for whoever holds it too.
    let peer = match getpeername::<SockaddrStorage>(io::stdin().as_raw_fd()) {
        Ok(peer) => peer,
        Err(Errno::ENOTSOCK) => return Ok(Found::Nobody("not a socket")),
        Err(Errno::ENOTCONN) => return Ok(Found::Nobody("not connected")),
        Err(errno) => return Err(errno).context("getpeername(0)"),
    };
    let name = if let Some(local) = peer.as_unix_addr() {
        match local.path() {
            Some(path) => format!("local {}", path.display()),
            None => "local, unnamed".to_owned(),
        }
    } else if let Some(v4) = peer.as_sockaddr_in() {
        internet(v4.ip().into(), v4.port())
    } else if let Some(v6) = peer.as_sockaddr_in6() {
        internet(v6.ip().into(), v6.port())
    } else {
        bail!("getpeername(0): an address of an unknown family");
    };
    Ok(Found::Peer(name))
}

fn internet(ip: IpAddr, port: u16) -> String {
    // A client that came by IPv4 to an IPv6 socket is told in the mapped form.
    match ip.to_canonical() {
        IpAddr::V4(ip) => format!("IPv4 {ip} port {port}"),
        IpAddr::V6(ip) => format!("IPv6 {ip} port {port}"),
    }
}
