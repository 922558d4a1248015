//! Every claim, measured on this machine: a trial for each, and the rules of
//! the register.

#[cfg(target_os = "linux")]
#[path = "claims/linux.rs"]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: needs Linux");
}
