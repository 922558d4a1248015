//! Findings in words.

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Result;
use nix::sys::socket::{MsgFlags, recv};

use super::until_readable;

/// The name of an errno, or `success`.
#[expect(clippy::needless_pass_by_value, reason = "a call's result as it is")]
pub fn name<T>(result: nix::Result<T>) -> String {
    match result {
        Ok(_) => "success".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// `yes` or `no`.
pub fn yes_no(it_is: bool) -> &'static str {
    if it_is { "yes" } else { "no" }
}

/// The count that a call gave back, or the name of its errno.
pub fn count(result: nix::Result<usize>) -> String {
    match result {
        Ok(count) => count.to_string(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// What a read gave: `end of stream`, how many bytes, or the name of its
/// errno.
pub fn what_came(result: nix::Result<usize>) -> String {
    match result {
        Ok(0) => "end of stream".to_owned(),
        Ok(count) => format!("{count} bytes"),
        Err(errno) => format!("{errno:?}"),
    }
}

/// Waits for something to read, and tells what one `recv` of up to `room`
/// bytes gave.
pub fn what_comes(socket: &OwnedFd, room: usize) -> Result<String> {
    until_readable(socket)?;
    let mut buffer = vec![0; room];
    let flags = MsgFlags::MSG_DONTWAIT;
    Ok(what_came(recv(socket.as_raw_fd(), &mut buffer, flags)))
}
