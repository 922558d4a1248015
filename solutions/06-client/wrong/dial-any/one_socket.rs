//! Wrong: makes one socket, of the first address's family, for all attempts.
//! Fails: both_families_stand_in_one_list
//! Told: EAFNOSUPPORT
//! Believes: a-failed-socket-can-connect-again

use std::env;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};

pub fn main() -> ExitCode {
    let addresses: Vec<SocketAddr> = env::args()
        .skip(1)
        .map(|arg| arg.parse().expect("it"))
        .collect();
    let family = match addresses[0] {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let connection = socket(family, SockType::Stream, SockFlag::empty(), None)
        .expect("a socket");
    for address in addresses {
        let storage = SockaddrStorage::from(address);
        match connect(connection.as_raw_fd(), &storage) {
            Ok(()) => {
                println!("connected to {address}");
                return ExitCode::SUCCESS;
            }
            Err(errno) => eprintln!("connect to {address}: {errno:?}"),
        }
    }
    ExitCode::FAILURE
}
