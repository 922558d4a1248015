//! Grading a class: submissions in, a defensible mark for each out.
//!
//! [`Grade`] is the record of one submission, and the only thing that any
//! report is made from.

pub mod class;
pub mod cli;
pub mod engine;
pub mod flat;
mod grade;
pub mod intake;
pub mod isolation;
pub mod journal;
pub mod material;
pub mod pack;
pub mod progress;
pub mod report;
pub mod results;
pub mod roster;
pub mod store;
pub mod tools;

use std::process::ExitCode;

pub use grade::*;

/// If this process was started to do a part of the work (run a check, run the
/// compiler in a place of its own, stand before the compiler): does it, and
/// gives back the exit code.
pub fn is_another_process() -> Option<ExitCode> {
    testkit::grade::is_one_confined_check(&judge::ALL, &isolation::Grading)
        .or_else(isolation::serve)
        .or_else(tools::serve)
}
