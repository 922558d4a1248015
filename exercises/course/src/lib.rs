//! The course as data: the exercises of a topic as their `exercises.toml`
//! has them, the verdicts that come of grading one, and what a machine must
//! have for either.

pub mod machine;
mod outcome;
mod topic;

pub use outcome::{Failure, Outcome, Surroundings, Verdict};
pub use topic::{Bet, Choice, Exercise, Kind, Topic};
