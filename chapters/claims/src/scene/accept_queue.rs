//! The accept queue of a listening socket: filling it, and waiting for what
//! happens to it.

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::socket::{SockType, SockaddrIn, UnixAddr, connect};

use super::{local_nonblocking, tcp_nonblocking, until};

/// Connects clients to `server` until one does not fit, and gives back those
/// that do; they stay in the queue until somebody accepts them.
pub fn fill_accept_queue(
    server: &OwnedFd,
    address: &SockaddrIn,
) -> Result<Vec<OwnedFd>> {
    let mut clients = Vec::new();
    loop {
        let before = sys::accept_queue(server)?;
        let client = tcp_nonblocking()?;
        match connect(client.as_raw_fd(), address) {
            Ok(()) | Err(Errno::EINPROGRESS) => {}
            Err(errno) => return Err(errno).context("connect"),
        }
        // The server's kernel queues a connection or drops its SYN.
        let fits = until("a place in the queue", || {
            let now = sys::accept_queue(server)?;
            Ok(match () {
                () if now.waiting > before.waiting => Some(true),
                () if now.dropped > before.dropped => Some(false),
                () => None,
            })
        })?;
        if !fits {
            return Ok(clients);
        }
        clients.push(client);
    }
}

/// The same for a local socket, where the kernel tells at once.
pub fn fill_local_accept_queue(address: &UnixAddr) -> Result<Vec<OwnedFd>> {
    let mut clients = Vec::new();
    loop {
        let client = local_nonblocking(SockType::Stream)?;
        match connect(client.as_raw_fd(), address) {
            Ok(()) => clients.push(client),
            Err(Errno::EAGAIN) => return Ok(clients),
            Err(errno) => return Err(errno).context("connect"),
        }
    }
}

/// Waits until exactly this many connections are in the queue of a TCP socket.
pub fn until_queued(server: &OwnedFd, count: u32) -> Result<()> {
    until("the connections in the queue", || {
        let waiting = sys::accept_queue(server)?.waiting;
        Ok((waiting == count).then_some(()))
    })
}

/// Waits until the kernel has dropped more requests to a TCP socket than
/// `before`, for want of room.
pub fn until_dropped(server: &OwnedFd, before: u32) -> Result<()> {
    until("a dropped request", || {
        let dropped = sys::accept_queue(server)?.dropped;
        Ok((dropped > before).then_some(()))
    })
}
