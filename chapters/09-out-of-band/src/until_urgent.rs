//! Seeing what has become of the urgent byte.

use std::os::fd::{AsFd, AsRawFd};

use anyhow::{Result, ensure};
use nix::poll::poll;
use nix::sys::socket::{MsgFlags, recv};

// ANCHOR: until_urgent
/// Waits until a peek at the urgent byte has the answer that is expected.
///
/// `MSG_OOB` never waits, and `select` does not tell that a second urgent byte
/// has come or that one is on its way. So this looks, once in a millisecond.
///
/// # Errors
///
/// When the answer was another one in 5000 looks.
pub fn until_urgent(
    socket: impl AsFd,
    expected: nix::Result<u8>,
) -> Result<()> {
    let fd = socket.as_fd().as_raw_fd();
    let peek = MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK;
    let (mut byte, mut looks) = ([0], 0);
    while recv(fd, &mut byte, peek).map(|_| byte[0]) != expected {
        looks += 1;
        ensure!(looks < 5000, "no such urgent byte: {expected:?}");
        // A signal may end this early; then it looks once more.
        let _ = poll(&mut [], 1u8);
    }
    Ok(())
}
// ANCHOR_END: until_urgent
