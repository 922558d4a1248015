//! `cargo book`: builds the book, serves it on localhost, reloads the open
//! page when a source file changes, and adds Run buttons to the pages.
//!
//! This file holds the arguments and the exit codes: 0 done, 1 failed, 2
//! misused.

mod builder;
mod commands;
mod events;
mod group;
mod guard;
mod includes;
mod mdbook_log;
mod origin;
mod output;
mod pages;
mod place;
mod routes;
mod run;
mod serve;
mod terminal;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

const EXAMPLES: &str = "\
Examples:
  cargo book                     serve on http://localhost:3000
  cargo book --open              the same, and open the browser
  cargo book --port 3001         serve on another port
  cargo book --port 0            serve on a port that the kernel chooses
  cargo book build               write the pages to book/book
  cargo book build --dest pages  write the pages to another folder";

/// Read the book: build it, serve it on localhost, reload on a change.
#[derive(Parser)]
#[command(
    name = "book",
    bin_name = "cargo book",
    version,
    after_help = EXAMPLES,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    /// The port on 127.0.0.1; 0 lets the kernel choose a free one.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    port: u16,

    /// Open the book in the browser.
    #[arg(long)]
    open: bool,

    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// Build the book once and say where the pages are.
    Build {
        /// The folder to write to, instead of book/book. Must be empty, new,
        /// or hold an earlier build.
        #[arg(long, value_name = "DIR")]
        dest: Option<PathBuf>,
    },
    /// Internal: ends the programs of a server that was killed.
    #[command(hide = true)]
    Guard,
}

fn main() -> ExitCode {
    // A panic is a fault of ours. It gets one line, whatever RUST_BACKTRACE
    // says: its reader came for sockets, not for our call stack.
    std::panic::set_hook(Box::new(|panic| {
        terminal::failed(&format!("please report this fault: {panic}"));
    }));
    terminal::choose_colours();
    let arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    match run(arguments) {
        Ok(code) => code,
        Err(err) => {
            terminal::failed(&format!("{err:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    match arguments.action {
        None => serve::serve(arguments.port, arguments.open)
            .map(|()| ExitCode::SUCCESS),
        Some(Action::Build { dest }) => build(dest),
        Some(Action::Guard) => {
            guard::stand(io::stdin().lock());
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn build(dest: Option<PathBuf>) -> Result<ExitCode> {
    mdbook_log::install();
    let place = place::find()?;
    let built = builder::build_once(&place, dest)?;
    for warning in &built.warnings {
        terminal::warning(warning);
    }
    for problem in &built.problems {
        terminal::failed(problem);
    }
    let Some(dest) = built.dest else {
        terminal::failed("not built: mend the lines named above");
        return Ok(ExitCode::FAILURE);
    };
    print(&format!("{}\n", dest.join("index.html").display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes `text` to standard output. A closed pipe is no failure: its reader
/// had enough.
fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(err) if err.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot write to standard output"),
    }
}

/// Parses the command line; `--help`, `--version` and mistakes end here with
/// the exit code.
fn parse(
    words: impl Iterator<Item = OsString>,
) -> std::result::Result<Arguments, ExitCode> {
    let err = match Arguments::try_parse_from(words) {
        Ok(arguments) => return Ok(arguments),
        Err(err) => err,
    };
    match err.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Err(match print(&err.render().to_string()) {
                Ok(()) => ExitCode::SUCCESS,
                Err(err) => {
                    terminal::failed(&format!("{err:#}"));
                    ExitCode::FAILURE
                }
            })
        }
        _ => {
            // Clap's first paragraph names the mistake; the usage below it
            // would make it many lines.
            let text = err.render().to_string();
            let text = text.split("\n\n").next().unwrap_or_default();
            let text = text.trim_start_matches("error: ");
            terminal::failed(&format!("{text}; see `cargo book --help`"));
            Err(ExitCode::from(2))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_well_formed() {
        Arguments::command().debug_assert();
    }
}
