//! Runs the programs of the chapters again and compares with the recordings
//! that their pictures are drawn from, and draws the pictures again.
//!
//! ```sh
//! cargo test -p trace --test recordings               # compare
//! cargo test -p trace --test recordings -- --record   # record, draw (also
//!                                                     # `cargo record`)
//! cargo test -p trace --test recordings -- --times 20 --busy 2
//! ```

#[cfg(target_os = "linux")]
#[path = "recordings/linux.rs"]
mod linux;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    linux::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: recording needs Linux");
}
