//! The few socket calls that nix lacks or gives in half, each declared once.
//!
//! A page shows each of them whole. Everything else a program needs it calls
//! from nix directly.

mod accept;
mod close_on_exec;

pub use accept::accept;
pub use close_on_exec::close_on_exec_from;
