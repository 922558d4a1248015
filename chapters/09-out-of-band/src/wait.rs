//! Waiting for ordinary data and for the urgent byte at the same time.

use std::os::fd::{AsFd, AsRawFd};
use std::time::{Duration, Instant};

use nix::Result;
use nix::errno::Errno;
use nix::libc::FD_SETSIZE;
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

/// What `select` says of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// An ordinary `recv` would not wait: data, end of stream, or an error.
    pub readable: bool,
    /// The urgent byte is here and has not been read.
    pub urgent: bool,
}

// ANCHOR: wait
/// Waits until `socket` can be read, or its urgent byte is here, or both; at
/// most for `limit`, rounded up to milliseconds, where there is one.
///
/// # Errors
///
/// `ETIMEDOUT` after `limit`; `EMFILE` for a descriptor that fits no set (1024
/// and up); those of select(2), `EINTR` never:
/// <https://man7.org/linux/man-pages/man2/select.2.html>.
pub fn wait(socket: impl AsFd, limit: Option<Duration>) -> Result<Ready> {
    let socket = socket.as_fd();
    if usize::try_from(socket.as_raw_fd()).is_ok_and(|fd| fd >= FD_SETSIZE) {
        return Err(Errno::EMFILE);
    }
    let until = limit.map(|limit| Instant::now() + limit);
    loop {
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(socket);
        except.insert(socket);
        let mut left = until.map(time_to);
        match select(None, &mut read, None, &mut except, left.as_mut()) {
            Ok(0) => return Err(Errno::ETIMEDOUT),
            Ok(_) => {
                return Ok(Ready {
                    readable: read.contains(socket),
                    urgent: except.contains(socket),
                });
            }
            // A handler ran, for SIGURG perhaps: ask again.
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
// ANCHOR_END: wait

/// The time that is left, rounded up: no wait ends before its limit.
fn time_to(until: Instant) -> TimeVal {
    let left = until.saturating_duration_since(Instant::now());
    let left = left.as_micros().div_ceil(1000);
    TimeVal::milliseconds(i64::try_from(left).unwrap_or(i64::MAX / 1000))
}
