//! Tries: to outlive every polite wish that it should end.

use nix::sys::signal::{SigHandler, Signal, signal};

fn main() {
    for number in Signal::iterator() {
        // SAFETY: no handler is run.
        let _ = unsafe { signal(number, SigHandler::SigIgn) };
    }
    loop {
        nix::unistd::pause();
    }
}
