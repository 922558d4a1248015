//! Findings in words.

use nix::errno::Errno;

/// The name of an errno, or `success`.
#[expect(clippy::needless_pass_by_value, reason = "a call's result as it is")]
pub fn name<T>(result: Result<T, Errno>) -> String {
    match result {
        Ok(_) => "success".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// `yes` or `no`.
pub fn yes_no(it_is: bool) -> &'static str {
    if it_is { "yes" } else { "no" }
}
