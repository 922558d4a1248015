//! Tries: to take all memory, in many processes that take a little each.

use nix::unistd::{ForkResult, fork, pause};

fn main() {
    for _ in 0..40 {
        // SAFETY: this process has one thread.
        if let Ok(ForkResult::Child) = unsafe { fork() } {
            let all = vec![1_u8; 100 << 20];
            loop {
                pause();
                assert!(!all.is_empty());
            }
        }
    }
    pause();
}
