//! The graded checks of `swapped-port`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use testkit::grade::{self, Exercise};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "swapped-port",
    topic: "01-connect",
    manifest: include_str!("../exercises.toml"),
    checks: &[],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-swapped-port")
        .or(option_env!("CARGO_BIN_EXE_sol-swapped-port"));
    grade::main(&EXERCISE, program)
}
