//! Wrong: cuts up what std prints, where IPv6 has brackets.
//! Fails: an_ipv6_peer_is_told
//! Told: [::1]

use std::net::SocketAddr;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, getpeername};

pub fn main() -> ExitCode {
    let peer = match getpeername::<SockaddrStorage>(0) {
        Ok(peer) => peer,
        Err(Errno::ENOTCONN) => {
            println!("not connected");
            return ExitCode::FAILURE;
        }
        Err(_) => {
            println!("not a socket");
            return ExitCode::FAILURE;
        }
    };
    if let Some(local) = peer.as_unix_addr() {
        match local.path() {
            Some(path) => println!("local {}", path.display()),
            None => println!("local, unnamed"),
        }
        return ExitCode::SUCCESS;
    }
    let address: SocketAddr = peer.to_string().parse().expect("an address");
    let family = if address.ip().to_canonical().is_ipv4() {
        4
    } else {
        6
    };
    let text = SocketAddr::new(address.ip().to_canonical(), address.port());
    let text = text.to_string();
    let (host, port) = text.rsplit_once(':').expect("a port");
    println!("IPv{family} {host} port {port}");
    ExitCode::SUCCESS
}
