//! A second process that outlives the server for a moment and ends whatever
//! the server started, also where the server had no time left to do so.
//!
//! The server writes `+ID` for each process group that it starts and `-ID`
//! for each that ended. When the pipe closes, the server is gone, however it
//! went, and the guard kills the groups that are left.

use std::collections::HashSet;
use std::io::{self, BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};

/// The server's end of the pipe.
pub(crate) struct Guard {
    process: Mutex<Option<(Child, ChildStdin)>>,
}

impl Guard {
    /// Starts the guard.
    pub(crate) fn start() -> Result<Guard> {
        let command = std::env::current_exe()?;
        let mut child = Command::new(command)
            .arg("guard")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C goes to the terminal's foreground group; the guard must
            // outlive it.
            .process_group(0)
            .spawn()
            .context("cannot start the process that guards the programs")?;
        let pipe = child.stdin.take().context("the guard has no pipe")?;
        Ok(Guard {
            process: Mutex::new(Some((child, pipe))),
        })
    }

    /// No guard, for tests inside this package: there the current program is
    /// the test runner, which must not start itself.
    #[cfg(test)]
    pub(crate) fn absent() -> Guard {
        Guard {
            process: Mutex::new(None),
        }
    }

    /// A process group was started.
    pub(crate) fn add(&self, group: Pid) {
        self.write('+', group);
    }

    /// A process group has ended.
    pub(crate) fn remove(&self, group: Pid) {
        self.write('-', group);
    }

    fn write(&self, sign: char, group: Pid) {
        let mut process =
            self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, pipe)) = process.as_mut() {
            let id = group.as_raw_nonzero();
            // Without a guard the server still ends what it started itself.
            let _ = writeln!(pipe, "{sign}{id}");
        }
    }

    /// Ends every process group that is left; returns when that is done.
    pub(crate) fn close(&self) {
        let process = {
            let mut held =
                self.process.lock().unwrap_or_else(PoisonError::into_inner);
            held.take()
        };
        if let Some((mut child, pipe)) = process {
            drop(pipe);
            let _ = child.wait();
        }
    }
}

/// The guard itself: reads until the server is gone, then kills.
pub(crate) fn stand(pipe: impl BufRead) {
    for group in left(pipe) {
        // It may have ended in this moment; that is all we want.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn left(pipe: impl BufRead) -> HashSet<Pid> {
    let mut groups = HashSet::new();
    for line in pipe.lines().map_while(io::Result::ok) {
        let id = line.get(1..).and_then(|id| id.parse().ok());
        let Some(group) = id.and_then(Pid::from_raw) else {
            continue;
        };
        match line.as_bytes()[0] {
            b'+' => groups.insert(group),
            _ => groups.remove(&group),
        };
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_that_ended_are_not_killed() {
        let groups = left(&b"+7000001\n+7000002\n-7000001\nx\n\n"[..]);
        let expected = HashSet::from([Pid::from_raw(7_000_002).unwrap()]);
        assert_eq!(groups, expected);
    }
}
