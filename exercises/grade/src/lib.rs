//! Grading a class: submissions in, a defensible mark for each out.
//!
//! [`Grade`] is the record of one submission, and the only thing that any
//! report is made from.

pub mod flat;
mod grade;
pub mod report;

pub use grade::*;
