//! `cargo lab claims`: what the manual says, measured on this machine.

#[cfg(target_os = "linux")]
mod command;
#[cfg(target_os = "linux")]
mod report;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "The probes are written for Linux, and this is another system; the \
         page book/src/claims.md has what they found."
    );
    std::process::ExitCode::FAILURE
}
