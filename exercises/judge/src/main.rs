//! Runs the checks of one exercise or more, all at once, and prints a line of
//! JSON for each as it ends: `judge greeter=target/debug/ex-greeter`.
//!
//! `cargo lab check` is how people call it.

use std::process::ExitCode;

fn main() -> ExitCode {
    testkit::grade::judge(&judge::ALL)
}
