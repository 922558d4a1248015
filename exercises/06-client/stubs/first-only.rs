//! first-only: find a host by its name and print what its server says.
//!
//! The addresses of a name stand in a file of the form of `/etc/hosts`. They
//! are tried in the order of the file, and the first that answers is the
//! server's.
//!
//! Task: exercises/06-client/README.md
//! Check: cargo lab check first-only

use std::env;
use std::fs;
use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrStorage, connect,
    recv, socket,
};

const USAGE: &str = "usage: ex-first-only FILE HOST PORT
example: ex-first-only /etc/hosts localhost 5555";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [file, host, port] = &args[..] else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let Ok(port) = port.parse() else {
        eprintln!("{port} is not a port\n{USAGE}");
        return ExitCode::from(2);
    };
    match run(file, host, port) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(file: &str, host: &str, port: u16) -> Result<()> {
    let addresses = init_sockaddr(file, host, port)?;
    let address = addresses.first().context("no address")?;
    let connection = connect_to(*address)
        .with_context(|| format!("connect to {address}"))?;
    print_what_it_says(&connection)
}

/// The addresses of `host`, in the order of `file`: each line has an address
/// and then names.
fn init_sockaddr(file: &str, host: &str, port: u16) -> Result<Vec<SocketAddr>> {
    let mut addresses = Vec::new();
    let table = fs::read_to_string(file).context(file.to_owned())?;
    for line in table.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let address = words.next().and_then(|word| word.parse().ok());
        let address: Option<IpAddr> = address;
        if let Some(address) = address
            && words.any(|name| name == host)
        {
            addresses.push(SocketAddr::from((address, port)));
        }
    }
    Ok(addresses)
}

fn connect_to(address: SocketAddr) -> nix::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let connection = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(connection)
}

/// Prints all that the server sends until it ends its stream.
fn print_what_it_says(connection: &OwnedFd) -> Result<()> {
    let mut out = io::stdout();
    let mut buffer = [0; 4096];
    loop {
        let fd = connection.as_raw_fd();
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(out.flush()?),
            Ok(count) => out.write_all(&buffer[..count])?,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("recv"),
        }
    }
}
