//! Right: sockets that never block, poll, and SO_ERROR for the outcome.

use std::env;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, getsockopt,
    socket, sockopt,
};

pub fn main() -> ExitCode {
    let mut connection = None;
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        match attempt(address) {
            Ok(connected) => {
                connection = Some((connected, address));
                break;
            }
            Err(errno) => eprintln!("connect to {address}: {errno}"),
        }
    }
    let Some((connection, address)) = connection else {
        return ExitCode::FAILURE;
    };
    drop(connection);
    println!("connected to {address}");
    ExitCode::SUCCESS
}

fn attempt(address: SocketAddr) -> nix::Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    let socket = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    fcntl(&socket, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    match connect(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) => return Ok(socket),
        Err(Errno::EINPROGRESS) => {}
        Err(errno) => return Err(errno),
    }
    let mut wanted = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
    while poll(&mut wanted, PollTimeout::NONE) == Err(Errno::EINTR) {}
    match getsockopt(&socket, sockopt::SocketError)? {
        0 => Ok(socket),
        error => Err(Errno::from_raw(error)),
    }
}
