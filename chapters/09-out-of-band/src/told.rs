//! What a call of `recv` gave back, for a step's line.

use nix::Result;

/// The result as strace writes it: the count and the bytes in `buffer`, or -1
/// and the error's name.
pub fn told(received: Result<usize>, buffer: &[u8]) -> String {
    received.map_or_else(
        |errno| format!("-1 {errno:?}"),
        |count| format!("{count} \"{}\"", buffer[..count].escape_ascii()),
    )
}
