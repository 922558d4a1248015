//! Wrong: asks getsockname, which gives the near end.
//! Fails: an_ipv4_peer_is_told, an_ipv6_peer_is_told, a_mapped_peer_is_told_as_ipv4, a_local_peer_is_told_by_its_path, a_local_peer_without_a_name_is_told, a_peer_that_has_closed_is_told, what_is_not_connected_is_told
//! Told: the program prints the line "IPv4
//! Believes: getpeername-is-getsockname

use std::net::IpAddr;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getsockname};

pub fn main() -> ExitCode {
    let peer = match getsockname::<SockaddrStorage>(0) {
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
