//! The few socket calls that nix lacks or gives in half, each declared once.
//!
//! A page shows each of them. Everything else a program needs it calls from nix
//! directly.

mod accept;
mod accept_queue;
mod at_mark;
mod close_on_exec;
mod no_signal;
mod owner;

pub use accept::accept;
pub use accept_queue::{AcceptQueue, accept_queue};
pub use at_mark::at_mark;
pub use close_on_exec::close_on_exec_from;
pub use no_signal::MSG_NOSIGNAL;
pub use owner::{Owner, set_owner};
