//! Other programs.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result};

/// Starts a program, gives it this to read, and waits until it has ended: its
/// status and what it wrote to standard error. Its standard output is thrown
/// away.
pub fn run_with_input(command: &mut Command, input: &str) -> Result<Output> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {name}"))?;
    // Closed at the end of this statement, so that the program ends.
    child
        .stdin
        .take()
        .context("its input")?
        .write_all(input.as_bytes())
        .with_context(|| format!("write to {name}"))?;
    child
        .wait_with_output()
        .with_context(|| format!("wait for {name}"))
}
