//! What the pages show of `cargo lab` is what it prints, in a copy of the
//! course.

#[path = "lab/copy.rs"]
#[expect(dead_code, reason = "the other tests use more of it")]
mod copy;

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use testkit::recordings::{self, Conversation};
use testkit::{Skip, machine};

use copy::{Copy, EXERCISE};

/// Columns of a block on a page.
const PAGE: usize = 72;

fn main() -> ExitCode {
    recordings::main_with(env!("CARGO_MANIFEST_DIR"), &[], CONVERSATIONS)
}

const CONVERSATIONS: &[Conversation] = &[
    Conversation {
        names: &["welcome", "bet", "hint"],
        figures: &[],
        hold: first_steps,
    },
    Conversation {
        names: &["not-yet", "passed", "reset"],
        figures: &[r"--seed ([0-9a-f]+)", r"greeter-(\d+)\.rs"],
        hold: an_exercise,
    },
    Conversation {
        names: &["trace"],
        // The middle of the picture: when the kernel was asked for states is
        // chance, and the check ends the program wherever it is by then.
        figures: &[
            r"seed\s([0-9a-f]+)",
            r"(?s)listen\(3, 128\) = 0( .*?)States in",
        ],
        hold: a_picture,
    },
    Conversation {
        names: &["help"],
        figures: &[],
        hold: help,
    },
];

fn first_steps() -> Result<Vec<String>> {
    let copy = Copy::fresh()?;
    Ok(vec![
        session(&copy, &[], 0)?,
        session(&copy, &["bet", "the-next-number", "--answer", "1"], 0)?,
        session(&copy, &["hint", EXERCISE], 0)?,
    ])
}

/// A server that waits for a word before it greets, the reference, and back to
/// the stub.
fn an_exercise() -> Result<Vec<String>> {
    let copy = Copy::fresh()?;
    copy.writes(
        &copy.read("solutions/03-accept/wrong/greeter/reads_first.rs")?,
    )?;
    let not_yet = session(&copy, &["check", EXERCISE], 1)?;
    copy.writes(&copy.solution()?)?;
    Ok(vec![
        not_yet,
        session(&copy, &["check", EXERCISE], 0)?,
        session(&copy, &["reset", EXERCISE], 0)?,
    ])
}

/// The same server, seen from outside.
fn a_picture() -> Result<Vec<String>> {
    let needs = ["linux", "capture", "tool:strace"];
    if let Some(why) = machine::lacks_any(&needs) {
        return Err(Skip(why).into());
    }
    let copy = Copy::fresh()?;
    copy.writes(
        &copy.read("solutions/03-accept/wrong/greeter/reads_first.rs")?,
    )?;
    Ok(vec![session(&copy, &["trace", EXERCISE], 0)?])
}

fn help() -> Result<Vec<String>> {
    let copy = Copy::fresh()?;
    Ok(vec![session(&copy, &["--help"], 0)?])
}

/// A command as it is typed, and what it prints.
fn session(copy: &Copy, args: &[&str], code: i32) -> Result<String> {
    let ended = copy.lab_of(PAGE, args)?;
    ensure!(ended.code() == Some(code), "exit code {code}: {ended:#?}");
    let mut command = "$ cargo lab".to_owned();
    for arg in args {
        command += " ";
        command += arg;
    }
    let told = ended.stdout.strip_suffix('\n').context("no last line")?;
    Ok(format!("{command}\n{told}\n"))
}
