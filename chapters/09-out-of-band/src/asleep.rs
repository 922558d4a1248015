//! Seeing that another process waits.

use std::fs;

use anyhow::{Result, ensure};
use nix::poll::poll;

/// Returns when the process `pid` is asleep, in a `recv` perhaps.
///
/// No event tells of that. On Linux this looks at the kernel's own account,
/// once in a millisecond: in `/proc/PID/stat` the state stands behind the
/// name, which ends with the last `)`. Elsewhere it gives the process 0.1 s.
///
/// # Errors
///
/// When the process has not been asleep in 5000 looks.
pub fn until_asleep(pid: u32) -> Result<()> {
    let looks = if cfg!(target_os = "linux") { 5000 } else { 100 };
    for _ in 0..looks {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"));
        let stat = stat.unwrap_or_default();
        if stat.rsplit(')').next().is_some_and(|s| s.starts_with(" S")) {
            return Ok(());
        }
        poll(&mut [], 1u8)?;
    }
    ensure!(!cfg!(target_os = "linux"), "process {pid} does not sleep");
    Ok(())
}
