//! What a program may use up: `setrlimit`(2).

use std::io;

use nix::sys::resource::{Resource, getrlimit, rlim_t, setrlimit};
use serde::{Deserialize, Serialize};

/// Limits of each process, and of all of a place's together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::unsafe_derive_deserialize,
    reason = "numbers, any of which will do"
)]
pub struct Limits {
    /// Addresses of a process, in bytes. Threads and the memory allocator
    /// reserve many and use few.
    pub addresses: u64,
    /// Memory of all processes of a place together, in bytes. Looked at four
    /// times a second.
    pub memory: u64,
    /// Size of a file, in bytes.
    pub file: u64,
    /// Processor time of a process, in seconds.
    pub seconds: u64,
    /// Processes and threads of the program's user; `None` where that would
    /// count the processes of others.
    pub processes: Option<u64>,
    /// How much it gives way to others: from 0 (not at all) to 19.
    pub nice: i32,
}

const MIB: u64 = 1 << 20;

impl Limits {
    /// Of a program that is checked. A thread for each of a thousand clients is
    /// right, and each reserves 2 MiB for its stack.
    pub const CHECK: Limits = Limits {
        addresses: 8192 * MIB,
        memory: 512 * MIB,
        file: 64 * MIB,
        seconds: 20,
        processes: Some(2200),
        nice: 0,
    };

    /// Of the compiler. It gives way to the checks, whose deadlines run.
    pub const BUILD: Limits = Limits {
        addresses: 4096 * MIB,
        memory: 1024 * MIB,
        file: 64 * MIB,
        seconds: 60,
        processes: Some(64),
        nice: 10,
    };

    /// For the calling process and all that it starts. System calls only.
    pub(super) fn apply(self) -> io::Result<()> {
        /// As many descriptors as most systems give, and as many as a check
        /// may ask for.
        const DESCRIPTORS: [u64; 2] = [1024, 4096];

        at_most(Resource::RLIMIT_CORE, 0)?;
        at_most(Resource::RLIMIT_FSIZE, self.file)?;
        at_most(Resource::RLIMIT_CPU, self.seconds)?;
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
        setrlimit(
            Resource::RLIMIT_NOFILE,
            soft.min(DESCRIPTORS[0]),
            hard.min(DESCRIPTORS[1]),
        )?;
        #[cfg(not(target_os = "macos"))]
        at_most(Resource::RLIMIT_AS, self.addresses)?;
        // nix has no name for it on macOS, where the level is weak anyway.
        #[cfg(not(target_os = "macos"))]
        if let Some(processes) = self.processes {
            at_most(Resource::RLIMIT_NPROC, processes)?;
        }
        if self.nice > 0 {
            // SAFETY: takes a number and touches no memory.
            #[expect(unsafe_code, reason = "nix has no call for it")]
            unsafe {
                nix::libc::nice(self.nice)
            };
        }
        Ok(())
    }
}

/// Lowers a limit, and never lifts one.
fn at_most(what: Resource, most: u64) -> io::Result<()> {
    let (soft, hard) = getrlimit(what)?;
    let most = most as rlim_t;
    setrlimit(what, soft.min(most), hard.min(most))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Limits, MIB};

    /// `crowd` asks for a thousand clients at once, and a thread for each is
    /// as right as `select`; each reserves 2 MiB for its stack.
    #[test]
    fn a_thread_for_each_of_a_thousand_clients_fits() {
        const THREADS: u64 = 1_001;

        let limits = Limits::CHECK;
        assert!(limits.processes.is_none_or(|most| most > THREADS));
        assert!(limits.addresses > THREADS * 2 * MIB + 256 * MIB);
    }
}
