//! Tries: to be the reference, as a module that lies elsewhere.

#[path = "@TOP@/solutions/03-accept/also-right/greeter/threads.rs"]
mod threads;

fn main() -> std::process::ExitCode {
    threads::main()
}
