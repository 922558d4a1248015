//! Tries: to go on in a session of its own after its end.

use nix::unistd::{ForkResult, fork, pause, setsid};

fn main() {
    for _ in 0..2 {
        // SAFETY: this process has one thread.
        match unsafe { fork() } {
            Ok(ForkResult::Child) => {
                let _ = setsid();
            }
            _ => return,
        }
    }
    let _ = nix::sys::prctl::set_name(c"@MARK@");
    loop {
        pause();
    }
}
