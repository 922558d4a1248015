//! Pictures of real runs: `cargo lab trace`.
//!
//! [`record`] runs a program, or a check of the course, and brings a
//! [`Recording`] of its calls, packets and sockets. [`layout`] puts that into
//! rows, which [`svg`], [`text`] and [`words`] draw: for the book, for a
//! terminal, and for people who can't see the picture. What was recorded once
//! can be drawn anywhere; to record takes Linux.

mod gist;
pub mod layout;
mod parts;
#[cfg(target_os = "linux")]
pub mod pcap;
#[cfg(target_os = "linux")]
pub mod record;
mod recording;
mod shorten;
pub mod svg;
pub mod text;
pub mod words;

pub use recording::*;
