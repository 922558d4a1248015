//! Two handlers for SIGURG: one that says that the signal came, and one that
//! reads the urgent byte too.

use std::os::fd::{AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};

use nix::Result;
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{MsgFlags, recv};

// ANCHOR: handler
/// How often a handler ran.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
/// Where `read_the_byte` reads, and what it read last (-1: nothing).
static CONNECTION: AtomicI32 = AtomicI32::new(-1);
static BYTE: AtomicI32 = AtomicI32::new(-1);

/// Says that the signal came, and nothing more.
extern "C" fn count(_: c_int) {
    SIGNALS.fetch_add(1, SeqCst);
}

/// Reads the urgent byte at once, wherever the program is.
///
/// A handler runs between any two instructions of the program: no lock, no
/// memory from the heap, no printing. `recv` is on the list of calls that it
/// may make, and the program must find `errno` as it was.
/// <https://man7.org/linux/man-pages/man7/signal-safety.7.html>
extern "C" fn read_the_byte(_: c_int) {
    let errno = Errno::last_raw();
    let mut byte = [0];
    if recv(CONNECTION.load(SeqCst), &mut byte, MsgFlags::MSG_OOB) == Ok(1) {
        BYTE.store(byte[0].into(), SeqCst);
    }
    SIGNALS.fetch_add(1, SeqCst);
    Errno::set_raw(errno);
}
// ANCHOR_END: handler

/// Lets a handler count the SIGURG that this process gets. With `SA_RESTART`
/// in `flags` the kernel then continues the call that the signal met; without
/// it that call fails with `EINTR`.
pub fn on_sigurg(flags: SaFlags) -> Result<()> {
    set(count, flags)
}

/// As [`on_sigurg`], with a handler that also reads the urgent byte of
/// `connection`. The connection must stay open as long as signals come.
pub fn read_on_sigurg(connection: BorrowedFd, flags: SaFlags) -> Result<()> {
    CONNECTION.store(connection.as_raw_fd(), SeqCst);
    set(read_the_byte, flags)
}

// ANCHOR: set
fn set(handler: extern "C" fn(c_int), flags: SaFlags) -> Result<()> {
    let handler = SigHandler::Handler(handler);
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: both handlers do no more than signal-safety(7) allows.
    #[expect(unsafe_code, reason = "not every function can be a handler")]
    unsafe {
        // https://man7.org/linux/man-pages/man2/sigaction.2.html
        sigaction(Signal::SIGURG, &action).map(drop)
    }
}
// ANCHOR_END: set

/// What the handlers have left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How often one of them ran.
    pub signals: usize,
    /// The urgent byte, where the handler read one.
    pub byte: Option<char>,
}

/// Takes what the handlers have left since the last call.
pub fn seen() -> Seen {
    Seen {
        signals: SIGNALS.swap(0, SeqCst),
        byte: u8::try_from(BYTE.swap(-1, SeqCst)).ok().map(char::from),
    }
}
