//! Wrong: reads the four bytes of the address in the order of its own machine.
//! Fails: an_ipv4_peer_is_told
//! Told: the program prints the line "IPv4

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::libc;
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
        let bytes: libc::sockaddr_in = *v4.as_ref();
        let ip = Ipv4Addr::from(bytes.sin_addr.s_addr);
        tell(ip.into(), v4.port());
    } else if let Some(v6) = peer.as_sockaddr_in6() {
        tell(v6.ip().into(), v6.port());
    }
    ExitCode::SUCCESS
}

fn nobody(errno: Errno) -> &'static str {
    match errno {
        Errno::ENOTCONN => "not connected",
        _ => "not a socket",
    }
}

fn tell(ip: IpAddr, port: u16) {
    match ip.to_canonical() {
        IpAddr::V4(ip) => println!("IPv4 {ip} port {port}"),
        IpAddr::V6(ip) => println!("IPv6 {ip} port {port}"),
    }
}
