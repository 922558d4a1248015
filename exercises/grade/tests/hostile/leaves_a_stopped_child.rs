//! Tries: to leave a stopped child behind that holds the outputs open.

use nix::sys::signal::{Signal, raise};
use nix::unistd::{ForkResult, fork};

fn main() {
    // SAFETY: this process has one thread.
    if let Ok(ForkResult::Child) = unsafe { fork() } {
        let _ = nix::sys::prctl::set_name(c"@MARK@");
        let _ = raise(Signal::SIGSTOP);
    }
}
