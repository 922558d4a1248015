//! Wrong: reads what the peer has sent, and then nobody else can.
//! Fails: the_connection_stays_as_it_is
//! Told: still to be read

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
    let mut heard = [0; 512];
    if let Ok(1..) = recv(0, &mut heard, MsgFlags::MSG_DONTWAIT) {
        eprintln!("the peer has something to say");
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
