//! The course as data: the exercises of a topic as their `exercises.toml`
//! has them, and the verdicts that come of grading one.

mod outcome;
mod topic;

pub use outcome::{Failure, Outcome, Surroundings, Verdict};
pub use topic::{Bet, Choice, Exercise, Kind, Topic};
