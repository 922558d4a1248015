//! The graded checks of `who`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use testkit::grade::{self, Exercise};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "who",
    topic: "04-getpeername",
    manifest: include_str!("../exercises.toml"),
    checks: &[],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-who")
        .or(option_env!("CARGO_BIN_EXE_sol-who"));
    grade::main(&EXERCISE, program)
}
