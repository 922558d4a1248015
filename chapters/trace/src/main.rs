//! Records a run and draws it, as one argument in JSON asks for. `cargo lab
//! trace` is how people call it.

#[cfg(target_os = "linux")]
mod command;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    command::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "Recording needs Linux: packets come from a packet socket in a \
         network namespace, calls from strace. The pages of the book have \
         pictures of every program."
    );
    std::process::ExitCode::FAILURE
}
