//! Wrong: takes every failure for a descriptor that is no socket.
//! Fails: what_is_not_connected_is_told
//! Told: not connected

use std::net::IpAddr;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getpeername};

pub fn main() -> ExitCode {
    let peer = match getpeername::<SockaddrStorage>(0) {
        Ok(peer) => peer,
        Err(errno) => {
            println!("{}", nobody(errno));
            return ExitCode::FAILURE;
        }
    };
    if let Some(local) = peer.as_unix_addr() {
        match local.path() {
            Some(path) => println!("local {}", path.display()),
            None => println!("local, unnamed"),
        }
    } else if let Some(v4) = peer.as_sockaddr_in() {
        tell(v4.ip().into(), v4.port());
    } else if let Some(v6) = peer.as_sockaddr_in6() {
        tell(v6.ip().into(), v6.port());
    }
    ExitCode::SUCCESS
}

fn nobody(errno: Errno) -> &'static str {
    eprintln!("{errno}");
    "not a socket"
}

fn tell(ip: IpAddr, port: u16) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => println!("IPv4 {ip} port {port}"),
        IpAddr::V6(ip) => println!("IPv6 {ip} port {port}"),
    }
}
