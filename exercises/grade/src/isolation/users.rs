//! Users that own nothing: where root grades, the program and the one who
//! checks it run as two of them.
//!
//! The checker has the program's effective user, so it may look at the
//! program's `/proc` and send it signals. Its real and its saved user are its
//! own, so the program may do neither to the checker: `kill`(2) compares with
//! the real and the saved user of the target, `ptrace`(2) with all three.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};
use nix::fcntl::{Flock, FlockArg};
use nix::unistd::{Gid, Uid, chown};
use serde::{Deserialize, Serialize};

/// Two users, and groups of the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::unsafe_derive_deserialize,
    reason = "two numbers, any of which will do"
)]
pub struct Users {
    /// Who checks.
    pub checker: u32,
    /// Who is checked.
    pub program: u32,
}

/// The first of the numbers: below those that Debian and systemd give out by
/// themselves, above those that administrators do.
const FIRST: u32 = 50_000;

/// Each grader of a machine has so many numbers of its own.
const RANGE: u32 = 1_000;

/// How many graders may be at work on a machine.
const RANGES: u32 = 10;

/// The first number of this grader.
static OWN: OnceLock<u32> = OnceLock::new();

/// Takes a range of numbers that no other grader of this machine uses as long
/// as the lock is held: at level 2, what belongs to a user is killed.
pub fn reserve() -> Result<Flock<File>> {
    let run = Path::new("/run");
    let folder = if run.is_dir() {
        run.to_owned()
    } else {
        std::env::temp_dir()
    };
    for range in 0..RANGES {
        let file = folder.join(format!("grade-users-{range}.lock"));
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .custom_flags(nix::libc::O_NOFOLLOW)
            .open(&file)
            .with_context(|| format!("open {}", file.display()))?;
        if let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            let _ = OWN.set(FIRST + range * RANGE);
            return Ok(lock);
        }
    }
    bail!("{RANGES} graders are at work on this machine; wait for one to end")
}

fn only_its_own() -> fs::Permissions {
    fs::Permissions::from_mode(0o700)
}

impl Users {
    /// The users of the `slot`th place: no two places at work share one.
    pub fn of_slot(slot: usize) -> Users {
        let slot = u32::try_from(slot).unwrap_or_default();
        let first = OWN.get().copied().unwrap_or(FIRST);
        let checker = first + 2 * slot;
        Users {
            checker,
            program: checker + 1,
        }
    }

    /// Makes the program's user the owner of a folder, and nobody else may
    /// look into it.
    pub fn give(self, folder: &Path) -> Result<()> {
        let (user, group) = (Uid::from(self.program), Gid::from(self.program));
        chown(folder, Some(user), Some(group))
            .with_context(|| format!("chown {}", folder.display()))?;
        fs::set_permissions(folder, only_its_own())
            .with_context(|| format!("chmod {}", folder.display()))
    }

    /// Lets the program's user, and no other, look into a folder of ours.
    pub fn admit(self, folder: &Path) -> Result<()> {
        chown(folder, None, Some(Gid::from(self.program)))
            .with_context(|| format!("chgrp {}", folder.display()))?;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o750))
            .with_context(|| format!("chmod {}", folder.display()))
    }

    /// Makes the calling process the checker.
    #[cfg(target_os = "linux")]
    pub(super) fn become_the_checker(self) -> Result<()> {
        use nix::unistd::{setgroups, setresgid, setresuid};

        let (own, other) = (self.checker, self.program);
        setgroups(&[]).context("setgroups")?;
        let (own_group, other_group) = (Gid::from(own), Gid::from(other));
        setresgid(own_group, other_group, own_group).context("setresgid")?;
        let (own, other) = (Uid::from(own), Uid::from(other));
        setresuid(own, other, own).context("setresuid")
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn become_the_checker(self) -> Result<()> {
        bail!("not on this system")
    }

    /// Makes the calling process, which the checker has forked, the program.
    /// System calls only.
    #[cfg(target_os = "linux")]
    pub(super) fn become_the_program(self) -> io::Result<()> {
        use nix::unistd::{setresgid, setresuid};

        let group = Gid::from(self.program);
        setresgid(group, group, group)?;
        let user = Uid::from(self.program);
        setresuid(user, user, user)?;
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn become_the_program(self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Kills every process of the program's user, from a process that is it.
    #[cfg(target_os = "linux")]
    pub(super) fn kill_all(self) {
        use nix::sys::signal::{Signal, kill};
        use nix::sys::wait::waitpid;
        use nix::unistd::{ForkResult, Pid, fork};

        // SAFETY: the child makes system calls only, and ends.
        #[expect(unsafe_code, reason = "the child kills all but itself")]
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                if self.become_the_program().is_ok() {
                    let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
                }
                // SAFETY: ends this process, and nothing of it is needed.
                #[expect(unsafe_code, reason = "no destructors after fork")]
                unsafe {
                    nix::libc::_exit(0)
                }
            }
            Ok(ForkResult::Parent { child }) => {
                let _ = waitpid(child, None);
            }
            Err(_) => {}
        }
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn kill_all(self) {}

    /// The processes of the program's user.
    pub(super) fn processes(self) -> Vec<i32> {
        let user = self.program.to_string();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
                let status = entry.path().join("status");
                let status = fs::read_to_string(status).ok()?;
                let uids = status.lines().find_map(|l| l.strip_prefix("Uid:"));
                // The real one; a zombie needs no second death.
                let same = uids?.split_whitespace().next()? == user;
                let dead = status.contains("\nState:\tZ");
                (same && !dead).then_some(pid)
            })
            .collect()
    }
}

/// Where no other user is to be had: at least nobody may attach a debugger to
/// this process, or read its memory.
pub(super) fn hide_from_others() {
    // A kernel that refuses leaves the process as it is.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = nix::sys::prctl::set_dumpable(false);
}

/// Removes the files that these users have left in the folders where everybody
/// may write, and gives back how many there were.
pub fn leave_nothing_of(users: &[Users]) -> usize {
    use std::os::unix::fs::MetadataExt;

    let mut removed = 0;
    for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(meta) = entry.metadata() else { continue };
            if !users.iter().any(|users| users.program == meta.uid()) {
                continue;
            }
            let path = entry.path();
            let gone = if meta.is_dir() {
                fs::remove_dir_all(path)
            } else {
                fs::remove_file(path)
            };
            removed += usize::from(gone.is_ok());
        }
    }
    removed
}
