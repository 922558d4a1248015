//! Right: no nix: std's own types on copies of the descriptor.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let copy = || -> OwnedFd {
        let stdin = io::stdin();
        stdin.as_fd().try_clone_to_owned().expect("a copy")
    };
    match TcpStream::from(copy()).peer_addr() {
        Ok(peer) => {
            let ip = peer.ip().to_canonical();
            let family = if ip.is_ipv4() { "IPv4" } else { "IPv6" };
            println!("{family} {ip} port {}", peer.port());
            return ExitCode::SUCCESS;
        }
        Err(error) if error.kind() == ErrorKind::NotConnected => {
            println!("not connected");
            return ExitCode::FAILURE;
        }
        Err(_) => {}
    }
    // No Internet address: another family, or no socket.
    match UnixStream::from(copy()).peer_addr() {
        Ok(peer) => match peer.as_pathname() {
            Some(path) => println!("local {}", path.display()),
            None => println!("local, unnamed"),
        },
        Err(_) => {
            println!("not a socket");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
