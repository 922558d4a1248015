//! Every report on records that nobody would like to see: each format keeps
//! to its documented schema, all agree on the points, and nothing that a
//! student wrote is more than text.

mod agree;
mod command;
mod flat;
mod formats;
mod harmless;
mod hosts;
mod records;
mod written;
