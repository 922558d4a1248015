//! Runs one command in a place of its own.

use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use testkit::Program;

use super::{CONFINED, NO_PLACE, Place};

/// What came of a command.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its exit code; `None` where it had to be ended.
    pub code: Option<i32>,
    /// What it wrote to standard output; a mebibyte of it at most.
    pub stdout: String,
    /// What it wrote to standard error; a mebibyte of it at most.
    pub stderr: String,
    /// How long it took.
    pub time: Duration,
}

/// Runs the command of a place, for `limit` at most. Fails where the place
/// can't be made.
pub fn run(place: &Place, limit: Duration) -> Result<Said> {
    let own = std::env::current_exe().context("find this program's file")?;
    let start = Instant::now();
    let (reader, mut writer) = std::io::pipe().context("pipe")?;
    let mut command = Command::new(&own);
    command.arg(CONFINED).stdin(reader);
    let mut text = serde_json::to_string(place)?;
    text.push('\n');
    let program = Program::start_as(&own.to_string_lossy(), command)?;
    // If it has ended, its end says why.
    let _ = writer.write_all(text.as_bytes());
    let ended = match program.end_within(limit) {
        Ok(ended) => ended,
        Err(error) if start.elapsed() < limit => return Err(error),
        // Its place ends with it.
        Err(_) => {
            return Ok(Said {
                code: None,
                stdout: String::new(),
                stderr: String::new(),
                time: start.elapsed(),
            });
        }
    };
    anyhow::ensure!(
        ended.code() != Some(i32::from(NO_PLACE)),
        "{}",
        ended.stderr.trim()
    );
    Ok(Said {
        code: ended.code(),
        stdout: ended.stdout,
        stderr: ended.stderr,
        time: start.elapsed(),
    })
}
