//! What the book shows of the claims is what the command measures and prints.

#[cfg(target_os = "linux")]
#[path = "recordings/linux.rs"]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: needs Linux");
}
