//! What every chapter program needs and no lesson is about: how it starts and
//! ends, how it prints a step, and how it plays its other side.
//!
//! There is no socket call in here. Each program makes its own, in plain
//! sight; what it says about them goes through [`Actor::step`], and the
//! process at the other end of the connection is a [`Peer`].

mod actor;
mod entry;
mod peer;

pub use actor::{Actor, Returned, announce, outcome};
pub use entry::{Misuse, OutputError, address, main, misuse};
pub use peer::{Peer, wait_for_go};
