//! Pictures of real runs: `cargo lab trace`.
//!
//! [`record`] runs a program and brings a [`Recording`] of its calls, packets
//! and sockets.

pub mod layout;
pub mod pcap;
pub mod record;
mod recording;
mod shorten;
pub mod svg;
pub mod text;
pub mod words;

pub use recording::*;
