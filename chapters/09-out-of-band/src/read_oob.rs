//! Reading the urgent byte, with ordinary data in its way.

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::Result;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

use crate::wait;

// ANCHOR: read_oob
/// Reads the urgent byte of `socket`. Ordinary data that stands in its way is
/// put at the end of `kept`, in order.
///
/// `None`: the stream has ended without it, or it was read before.
///
/// # Errors
///
/// `ETIMEDOUT` where it has not come within `limit`; otherwise those of
/// recv(2), `EAGAIN` and `EINTR` never. `kept` holds what was read until then.
pub fn read_oob(
    socket: impl AsFd,
    kept: &mut Vec<u8>,
    limit: Duration,
) -> Result<Option<u8>> {
    let (socket, until) = (socket.as_fd(), Instant::now() + limit);
    let (fd, mut buffer) = (socket.as_raw_fd(), [0; 1024]);
    // ANCHOR: loop
    loop {
        let at_mark = sys::at_mark(socket)?;
        match recv(fd, &mut buffer, MsgFlags::MSG_OOB) {
            Ok(count) => return Ok((count > 0).then_some(buffer[0])),
            // The mark without its byte: somebody has read it.
            Err(Errno::EINVAL) if at_mark => return Ok(None),
            // Not announced yet (EINVAL), or announced and not here (EAGAIN).
            Err(Errno::EINVAL | Errno::EAGAIN | Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
        // Checked here too, or a peer that never stops would never time out.
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Errno::ETIMEDOUT);
        }
        if wait(socket, Some(left))?.urgent {
            continue;
        }
        // Something to read, and no urgent byte here: so this recv begins
        // before the mark, and it stops there.
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(0) => return Ok(None),
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    // ANCHOR_END: loop
}
// ANCHOR_END: read_oob
