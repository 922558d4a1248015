//! Wrong: takes a peer that has closed for nobody.
//! Fails: a_peer_that_has_closed_is_told
//! Told: IPv4
//! Believes: getpeername-tells-whether-the-peer-lives

use std::net::IpAddr;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, SockaddrStorage, getpeername, recv};

pub fn main() -> ExitCode {
    let peer = match getpeername::<SockaddrStorage>(0) {
        Ok(peer) => peer,
        Err(errno) => {
            println!("{}", nobody(errno));
            return ExitCode::FAILURE;
        }
    };
    let look = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    if recv(0, &mut [0], look) == Ok(0) {
        println!("not connected");
        return ExitCode::FAILURE;
    }
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
