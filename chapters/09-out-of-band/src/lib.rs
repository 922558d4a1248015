//! What lessons on urgent data call: waiting for both kinds of data, a handler
//! for SIGURG, reading the urgent byte, and seeing what no event tells.

mod asleep;
mod handler;
mod read_oob;
mod told;
mod until_urgent;
mod wait;

pub use asleep::until_asleep;
pub use handler::{Seen, on_sigurg, read_on_sigurg, seen};
pub use read_oob::read_oob;
pub use told::told;
pub use until_urgent::until_urgent;
pub use wait::{Ready, wait};
