//! Wrong: asks for an IPv4 address, and takes EINVAL for a missing peer.
//! Fails: an_ipv6_peer_is_told, a_mapped_peer_is_told_as_ipv4, a_local_peer_is_told_by_its_path, a_local_peer_without_a_name_is_told
//! Told: IPv

use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::socket::{SockaddrIn, getpeername};

pub fn main() -> ExitCode {
    match getpeername::<SockaddrIn>(0) {
        Ok(peer) => {
            println!("IPv4 {} port {}", peer.ip(), peer.port());
            return ExitCode::SUCCESS;
        }
        Err(Errno::ENOTSOCK) => println!("not a socket"),
        Err(_) => println!("not connected"),
    }
    ExitCode::FAILURE
}
