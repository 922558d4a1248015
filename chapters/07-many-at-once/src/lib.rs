//! Switching a socket between waiting and not waiting.

use std::os::fd::AsFd;

use nix::Result;
use nix::fcntl::{FcntlArg, OFlag, fcntl};

// ANCHOR: set_nonblocking
/// Switches non-blocking mode on or off. Returns the flags that were set
/// before and those that are set now.
///
/// The mode is a flag of the open file description, so it holds for every
/// descriptor that leads there: a copy made by `dup`, one in a child process.
///
/// # Errors
///
/// Those of fcntl(2): <https://man7.org/linux/man-pages/man2/fcntl.2.html>.
pub fn set_nonblocking(socket: impl AsFd, on: bool) -> Result<(OFlag, OFlag)> {
    let old = OFlag::from_bits_retain(fcntl(&socket, FcntlArg::F_GETFL)?);
    let mut new = old;
    new.set(OFlag::O_NONBLOCK, on);
    // F_SETFL replaces every flag that can be changed, so the others go back
    // in as they were.
    fcntl(&socket, FcntlArg::F_SETFL(new))?;
    Ok((old, new))
}
// ANCHOR_END: set_nonblocking
