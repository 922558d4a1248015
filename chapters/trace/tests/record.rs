//! What the recorder sees, and what it says where it can't see.

#[cfg(target_os = "linux")]
#[path = "record/linux.rs"]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: recording needs Linux");
}
