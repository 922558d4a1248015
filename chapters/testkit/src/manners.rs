//! What every program of the book promises, whatever it is about: help on
//! request, one line and exit code 2 for arguments it does not take, one line
//! and exit code 1 on a full disk, silence when nobody reads on.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use libtest_mimic::Trial;

use crate::program::{Ended, PATIENCE, Program};
use crate::recordings::test;

/// More arguments than any program takes.
const NONSENSE: [&str; 5] = ["no", "such", "role", "or", "address"];

type Promise = fn(&str) -> Result<Option<String>>;

/// The trials of one program.
pub(crate) fn trials(name: &str, path: &str) -> Vec<Trial> {
    let promises: [(&str, Promise); 4] = [
        ("tells_its_usage", usage),
        ("refuses_nonsense_with_exit_code_2", nonsense),
        ("says_in_one_line_that_the_disk_is_full", full_disk),
        ("ends_quietly_when_nobody_reads_on", nobody_reads),
    ];
    promises
        .into_iter()
        .map(|(promise, run)| {
            let path = path.to_owned();
            let name = format!("{}_{promise}", name.replace('-', "_"));
            test(&name, move || run(&path))
        })
        .collect()
}

fn usage(path: &str) -> Result<Option<String>> {
    let ended = Program::start(path, &["--help"])?.end_within(PATIENCE)?;
    ensure!(
        ended.code() == Some(0),
        "--help ended with {}",
        ended.status
    );
    ensure!(
        ended.stdout.starts_with("usage: "),
        "said {:?}",
        ended.stdout
    );
    ensure!(ended.stdout.contains("\nexample: "), "gives no example");
    Ok(None)
}

fn nonsense(path: &str) -> Result<Option<String>> {
    let ended = with_backtrace(path, &NONSENSE, Stdio::piped())?;
    ensure!(ended.code() == Some(2), "ended with {}", ended.status);
    ensure!(
        ended.stderr.contains("\nusage: "),
        "said {:?}",
        ended.stderr
    );
    no_panic(&ended)
}

fn full_disk(path: &str) -> Result<Option<String>> {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return Ok(Some("needs /dev/full".into()));
    }
    let full = OpenOptions::new().write(true).open(full)?;
    let ended = with_backtrace(path, &[], full.into())?;
    ensure!(ended.code() == Some(1), "ended with {}", ended.status);
    ensure!(
        ended.stderr.starts_with("write to standard output: "),
        "said {:?}",
        ended.stderr
    );
    no_panic(&ended)
}

fn nobody_reads(path: &str) -> Result<Option<String>> {
    let (reader, writer) = std::io::pipe().context("pipe")?;
    drop(reader);
    let ended = with_backtrace(path, &[], writer.into())?;
    ensure!(ended.code() == Some(0), "ended with {}", ended.status);
    ensure!(ended.stderr.is_empty(), "said {:?}", ended.stderr);
    Ok(None)
}

/// Where somebody has set `RUST_BACKTRACE`, an error is still one line.
fn with_backtrace(path: &str, args: &[&str], stdout: Stdio) -> Result<Ended> {
    let mut command = Command::new(path);
    command
        .args(args)
        .env("RUST_BACKTRACE", "1")
        .stdin(File::open("/dev/null").context("open /dev/null")?);
    Program::start_onto(path, command, stdout)?.end_within(PATIENCE)
}

fn no_panic(ended: &Ended) -> Result<Option<String>> {
    let first = ended.stderr.split("\nusage: ").next().unwrap_or_default();
    ensure!(
        first.trim_end().lines().count() == 1,
        "more than one line: {:?}",
        ended.stderr
    );
    Ok(None)
}
