//! What the tests of this workspace have in common: start a program, learn its
//! address, play its peer, wait for what it says with a deadline, leave nothing
//! behind.
//!
//! Nothing in here sleeps. Whatever a test waits for is an event (a line, an
//! exit, end of output), and every wait ends at [`DEADLINE`].

pub mod grade;
pub mod kernel;
pub mod load;
mod manners;
pub mod normalise;
pub mod program;
pub mod proof;
pub mod recordings;
pub mod sock_diag;
pub mod surroundings;
mod trial;

pub use course::machine;
pub use program::{DEADLINE, Ended, Program, ended};
pub use trial::{Skip, trial};
