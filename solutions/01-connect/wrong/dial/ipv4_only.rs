//! Wrong: makes an IPv4 socket for every address.
//! Fails: an_ipv6_server_is_reached_too, any_other_failure_is_called_by_its_name
//! Told: EAFNOSUPPORT

use std::env;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

pub fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<u8> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_default().parse()?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let client = socket(family, kind, SockFlag::empty(), None)?;
    let target = SockaddrStorage::from(address);
    let (line, code) = match connect(client.as_raw_fd(), &target) {
        Ok(()) => (format!("connected to {address}"), 0),
        Err(Errno::ECONNREFUSED) => {
            (format!("ECONNREFUSED: nobody listens at {address}"), 3)
        }
        Err(Errno::ENETUNREACH) => {
            (format!("ENETUNREACH: no way to {address}"), 4)
        }
        Err(errno) => (format!("{errno:?}: no connection to {address}"), 1),
    };
    println!("{line}");
    Ok(code)
}
