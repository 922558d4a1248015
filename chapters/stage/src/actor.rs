//! One line a step: who called what, what came back, and why it matters.

use std::env;
use std::fmt::Display;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::Result;
use colored::{Color, Colorize};

use crate::entry::OutputError;

/// Columns for the actor's name ("client A" fills them).
const NAME: usize = 8;

/// Columns for the call and its result. A longer one pushes its remark to the
/// right.
const CALL: usize = 34;

/// A process that tells what it does, a line a step, laid out as
/// `actor | call(arguments) = result | remark`.
#[derive(Debug)]
pub struct Actor {
    name: String,
}

impl Actor {
    /// The process that plays `role`, for instance `"server"`. Where it was
    /// started as a [`Peer`](crate::Peer), it goes by the label that it got
    /// there ("client A").
    pub fn new(role: &str) -> Actor {
        let name = env::var(crate::peer::LABEL).unwrap_or_else(|_| role.into());
        Actor { name }
    }

    /// Another actor in the same process, under a name that no label
    /// replaces, for instance `"kernel"`.
    pub fn named(name: &str) -> Actor {
        Actor { name: name.into() }
    }

    /// Prints one step. `call` is written as strace writes it, result
    /// included: `listen(3, 8) = 0`. Either part may be empty.
    ///
    /// Fails only where standard output can't be written.
    pub fn step(&self, call: impl Display, remark: &str) -> Result<()> {
        let call = call.to_string();
        let pad = |text: &str, width: usize| {
            " ".repeat(width.saturating_sub(text.chars().count()))
        };
        let mut line = format!(
            "{}{} | {}",
            self.name.color(colour_of(&self.name)),
            pad(&self.name, NAME),
            highlight(&call)
        );
        if !remark.is_empty() {
            line += &pad(&call, CALL);
            line += " | ";
            line += &remark.dimmed().to_string();
        }
        writeln!(io::stdout(), "{line}").map_err(OutputError)?;
        Ok(())
    }
}

/// Prints the first line of a server, which people and tests alike read its
/// address from.
///
/// Fails only where standard output can't be written.
pub fn announce(address: impl Display) -> Result<()> {
    let mut out = io::stdout();
    writeln!(out, "listening on {address}").map_err(OutputError)?;
    out.flush().map_err(OutputError)?;
    Ok(())
}

/// What a call gave back, as strace writes it: the number, or -1 and the
/// error's name.
pub fn outcome<T: Returned>(result: &nix::Result<T>) -> String {
    match result {
        Ok(value) => value.as_returned(),
        Err(errno) => format!("-1 {errno:?}"),
    }
}

/// A value that a successful system call gave back.
pub trait Returned {
    /// The number that the C function returned.
    fn as_returned(&self) -> String;
}

impl Returned for () {
    fn as_returned(&self) -> String {
        "0".into()
    }
}

impl Returned for OwnedFd {
    fn as_returned(&self) -> String {
        self.as_raw_fd().to_string()
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Returned for $number {
            fn as_returned(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

numbers!(i32, usize);

/// The same name has the same colour in every program.
fn colour_of(name: &str) -> Color {
    match name {
        "server" => Color::Green,
        "client" | "client A" => Color::Cyan,
        "client B" => Color::Magenta,
        "client C" => Color::Blue,
        _ => Color::Yellow,
    }
}

/// A failed call's result in red.
fn highlight(call: &str) -> String {
    match call.find("= -1") {
        Some(at) => format!("{}{}", &call[..at], call[at..].red()),
        None => call.to_owned(),
    }
}
