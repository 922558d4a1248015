//! `cargo lab grade`: grade a class.

use std::io::Write;
use std::process::ExitCode;

use grade::class::Trouble;

fn main() -> ExitCode {
    if let Some(done) = grade::is_another_process() {
        return done;
    }
    let asked = match grade::cli::parse() {
        Ok(asked) => asked,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Where nobody reads, nobody misses it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    if let Some(done) = grade::results::done(&asked) {
        return match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => complain(&format!("{error:#}"), 1),
        };
    }
    match grade::class::grade(&asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(Trouble::Misused(problem)) => complain(&problem, 2),
        Err(Trouble::Failed(error)) => complain(&format!("{error:#}"), 1),
    }
}

fn complain(problem: &str, code: u8) -> ExitCode {
    // Where nobody reads, nobody misses it.
    let _ = writeln!(std::io::stderr(), "{problem}");
    ExitCode::from(code)
}
