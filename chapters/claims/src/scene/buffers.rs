//! The bytes that a connection's kernels hold: how many there are, and filling
//! the room for them.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};

nix::ioctl_read_bad!(siocinq, libc::FIONREAD, c_int);
nix::ioctl_read_bad!(siocoutq, libc::TIOCOUTQ, c_int);
// Of <linux/sockios.h>; libc leaves it out.
nix::ioctl_read_bad!(siocoutqnsd, 0x894B, c_int);

/// How many bytes can be read: SIOCINQ of tcp(7), also for local sockets; of
/// datagrams, how many the first one has.
pub fn unread(socket: &OwnedFd) -> Result<usize> {
    let mut count = 0;
    // SAFETY: the kernel writes one int, and `count` is one.
    #[expect(unsafe_code, reason = "an ioctl may do anything")]
    let done = unsafe { siocinq(socket.as_raw_fd(), &raw mut count) };
    number(done, count).context("SIOCINQ")
}

/// How many bytes were sent and not yet acknowledged: SIOCOUTQ of tcp(7). When
/// there are none, the peer's kernel has all of them.
pub fn unacknowledged(socket: &OwnedFd) -> Result<usize> {
    let mut count = 0;
    // SAFETY: the kernel writes one int, and `count` is one.
    #[expect(unsafe_code, reason = "an ioctl may do anything")]
    let done = unsafe { siocoutq(socket.as_raw_fd(), &raw mut count) };
    number(done, count).context("SIOCOUTQ")
}

/// How many bytes of a TCP socket this kernel has not yet sent: SIOCOUTQNSD,
/// which is of Linux.
pub fn unsent(socket: &OwnedFd) -> Result<usize> {
    let mut count = 0;
    // SAFETY: the kernel writes one int, and `count` is one.
    #[expect(unsafe_code, reason = "an ioctl may do anything")]
    let done = unsafe { siocoutqnsd(socket.as_raw_fd(), &raw mut count) };
    number(done, count).context("SIOCOUTQNSD")
}

/// The count that the kernel wrote, if it did.
fn number(done: nix::Result<c_int>, count: c_int) -> Result<usize> {
    done?;
    Ok(usize::try_from(count)?)
}

/// Waits until at least this many bytes are there to read.
pub fn until_unread(socket: &OwnedFd, bytes: usize) -> Result<()> {
    super::until("the bytes", || Ok((unread(socket)? >= bytes).then_some(())))
}

/// Waits until the peer's kernel has acknowledged all that was sent here: it
/// is in the receive buffer, or was read.
pub fn until_acknowledged(socket: &OwnedFd) -> Result<()> {
    super::until("the acknowledgement", || {
        Ok((unacknowledged(socket)? == 0).then_some(()))
    })
}

/// Sends without waiting until there is no room, and for 400 ms none comes
/// free: as many bytes as both kernels take.
pub fn fill_send_buffer(socket: &OwnedFd) -> Result<usize> {
    let (mut total, mut before) = (0, usize::MAX);
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
    loop {
        match send(socket.as_raw_fd(), &[b'x'; 4096], flags) {
            Ok(count) => total += count,
            Err(Errno::EAGAIN) if total == before => return Ok(total),
            Err(Errno::EAGAIN) => {
                before = total;
                // Acknowledgements make room for a while; only time tells
                // that no more come.
                let mut fds = [PollFd::new(socket.as_fd(), PollFlags::POLLOUT)];
                poll(&mut fds, PollTimeout::from(400_u16)).context("poll")?;
            }
            Err(errno) => return Err(errno).context("send"),
        }
    }
}
