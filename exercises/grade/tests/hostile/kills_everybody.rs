//! Tries: to kill every process, and its checker above all.

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getppid};

fn main() {
    for signal in [Signal::SIGSTOP, Signal::SIGTERM, Signal::SIGKILL] {
        for pid in [getppid().as_raw(), 1, -1] {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }
    for pid in 1..100_000 {
        if pid != std::process::id() as i32 {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}
