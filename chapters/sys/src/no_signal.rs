//! A flag of `send` that one system lacks.

use nix::sys::socket::MsgFlags;

// ANCHOR: no_signal
/// `MSG_NOSIGNAL`: a `send` on a broken connection fails with `EPIPE` and
/// raises no SIGPIPE.
///
/// Apple's systems don't have the flag (and nix, there, no name for it): here
/// it is empty, and what keeps the signal away is that Rust ignores SIGPIPE
/// before `main`.
///
/// Source: POSIX.1-2024, `send`; send(2).
#[cfg(not(target_vendor = "apple"))]
pub const MSG_NOSIGNAL: MsgFlags = MsgFlags::MSG_NOSIGNAL;

/// Empty: Apple's systems don't have the flag.
#[cfg(target_vendor = "apple")]
pub const MSG_NOSIGNAL: MsgFlags = MsgFlags::empty();
// ANCHOR_END: no_signal
