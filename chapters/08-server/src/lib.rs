//! Two helpers of the example server: from an address to a bound socket, and
//! whether `select` can watch a descriptor.

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::Result;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::select::FD_SETSIZE;
use nix::sys::socket::{
    SockFlag, SockType, SockaddrLike, SockaddrStorage, bind, setsockopt,
    socket, sockopt,
};

// ANCHOR: make_socket
/// A non-blocking socket that is bound to `address`; port 0 leaves the port
/// to the kernel.
///
/// # Errors
///
/// Those of bind(2), `EADDRINUSE`, `EADDRNOTAVAIL` and `EACCES` among them:
/// <https://man7.org/linux/man-pages/man2/bind.2.html>.
pub fn make_socket(address: SocketAddr) -> Result<OwnedFd> {
    let address = SockaddrStorage::from(address);
    let family = address.family().ok_or(Errno::EAFNOSUPPORT)?;
    let made = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    // Connections of an earlier run that are in TIME-WAIT don't keep the
    // port from us. A server that still listens there does.
    setsockopt(&made, sockopt::ReuseAddr, &true)?;
    // A connection that select saw may be gone when accept is called.
    fcntl(&made, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    bind(made.as_raw_fd(), &address)?;
    Ok(made)
}
// ANCHOR_END: make_socket

// ANCHOR: fits
/// Whether an [`FdSet`](nix::sys::select::FdSet) has room for this number. It
/// holds the numbers below [`FD_SETSIZE`] and panics at any other.
pub fn fits(fd: &OwnedFd) -> bool {
    usize::try_from(fd.as_raw_fd()).is_ok_and(|number| number < FD_SETSIZE)
}
// ANCHOR_END: fits
