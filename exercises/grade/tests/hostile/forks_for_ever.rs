//! Tries: to fill the machine with processes.

fn main() {
    loop {
        // SAFETY: this process has one thread.
        let _ = unsafe { nix::unistd::fork() };
    }
}
