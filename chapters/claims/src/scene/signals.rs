//! What signals do to this process, and who gets them.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{Pid, getpid};

use super::name;

/// What a signal does to this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// What it does to a program that has never heard of it.
    Default,
    /// Nothing.
    Ignored,
    /// It runs a handler, which does no more than count: see [`handled`].
    Counted,
}

/// How often the handler has run.
static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: libc::c_int) {
    HANDLED.fetch_add(1, Ordering::SeqCst);
}

/// Sets what a signal does to this process.
pub fn set_action(
    signal: Signal,
    action: Action,
    flags: SaFlags,
) -> Result<()> {
    let handler = match action {
        Action::Default => SigHandler::SigDfl,
        Action::Ignored => SigHandler::SigIgn,
        Action::Counted => SigHandler::Handler(count),
    };
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the one handler adds to an atomic number and does nothing else,
    // which it may between any two steps of the program.
    #[expect(unsafe_code, reason = "not every function can be a handler")]
    unsafe { sigaction(signal, &action) }.context("sigaction")?;
    Ok(())
}

/// Has SIGUSR1 run the handler that counts. Without `SA_RESTART` among the
/// flags, the call that it meets fails with EINTR.
pub fn count_sigusr1(flags: SaFlags) -> Result<()> {
    set_action(Signal::SIGUSR1, Action::Counted, flags)
}

/// How often the handler that counts has run in this process.
pub fn handled() -> usize {
    HANDLED.load(Ordering::SeqCst)
}

/// Sends a signal to one thread of this process: tgkill(2).
pub fn signal_thread(thread: Pid, signal: Signal) -> Result<()> {
    // SAFETY: takes three numbers, and the kernel checks them.
    #[expect(unsafe_code, reason = "nix signals processes only")]
    let done = unsafe {
        libc::syscall(
            libc::SYS_tgkill,
            getpid().as_raw(),
            thread.as_raw(),
            signal as libc::c_int,
        )
    };
    Errno::result(done).map(drop).context("tgkill")
}

/// SIGPIPE as a C program finds it, not ignored, but held back in this thread:
/// one that comes is seen and ends nobody.
pub struct Sigpipe(SignalFd);

impl Sigpipe {
    /// Begins to hold it back.
    pub fn hold() -> Result<Sigpipe> {
        let set = SigSet::from(Signal::SIGPIPE);
        set.thread_block().context("pthread_sigmask")?;
        // Rust's runtime has it ignored.
        set_action(Signal::SIGPIPE, Action::Default, SaFlags::empty())?;
        let flags = SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC;
        let pending = SignalFd::with_flags(&set, flags).context("signalfd")?;
        Ok(Sigpipe(pending))
    }

    /// `SIGPIPE` where one came since the last look, else `no signal`.
    pub fn came(&self) -> Result<&'static str> {
        let came = self.0.read_signal().context("signalfd")?.is_some();
        Ok(if came { "SIGPIPE" } else { "no signal" })
    }

    /// What a call of this thread gave back, and whether a signal came along.
    pub fn with<T>(&self, result: Result<T, Errno>) -> Result<String> {
        Ok(format!("{}, {}", name(result), self.came()?))
    }
}
