//! How many small changes of the reference solutions the graded checks catch.
//!
//! `cargo mutants` lists the changes; this program applies one after another
//! to a copy of the workspace, builds the changed program, and lets the judge
//! run its checks. (`cargo mutants` itself would compile every test of a
//! package again for each change: an hour in place of minutes.) A change that
//! no check sees must stand in `solutions/proof/survivors.txt`, with the
//! reason.
//!
//! ```sh
//! cargo install cargo-mutants        # once
//! cargo run -p proof --bin mutants               # all, about ten minutes
//! cargo run -p proof --bin mutants -- greeter    # one exercise
//! ```

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

/// A change, as `cargo mutants --list --json` tells it.
#[derive(Debug, Clone, Deserialize)]
struct Mutant {
    name: String,
    file: PathBuf,
    package: String,
    replacement: String,
    span: Span,
}

#[derive(Debug, Clone, Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Counted from 1, in lines and characters.
#[derive(Debug, Clone, Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

/// What became of a mutant.
enum Fate {
    /// It does not compile.
    Unviable,
    Caught,
    Survived,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let asked: Vec<String> = env::args().skip(1).collect();
    let mutants = list(&top, &asked)?;
    ensure!(!mutants.is_empty(), "no mutants of {asked:?}");
    let copy = copy(&top)?;
    println!("{} mutants, in {}", mutants.len(), copy.display());
    let judge = build(&copy, "judge", "judge")?.context("the judge")?;
    let (jobs, waiting) = channel::<(Mutant, PathBuf)>();
    let waiting = Arc::new(Mutex::new(waiting));
    let (fates, told) = channel();
    // Checks wait more than they work, above all those of a program that
    // hangs.
    let judges: Vec<_> = (0..6)
        .map(|_| {
            let (waiting, fates) = (Arc::clone(&waiting), fates.clone());
            let judge = judge.clone();
            thread::spawn(move || {
                while let Some((mutant, program)) = next(&waiting) {
                    let fate = judged(&judge, &mutant, &program);
                    let _ = fs::remove_file(&program);
                    if fates.send((mutant, fate)).is_err() {
                        break;
                    }
                }
            })
        })
        .collect();
    let count = mutants.len();
    for (at, mutant) in mutants.into_iter().enumerate() {
        match apply(&copy, &mutant, at)? {
            Some(program) => jobs.send((mutant, program))?,
            None => fates.send((mutant, Ok(Fate::Unviable)))?,
        }
        let mut out = std::io::stdout();
        write!(out, "\r{} of {count} built", at + 1)?;
        out.flush()?;
    }
    println!();
    drop((jobs, fates));
    let sums = tell(&top, &told)?;
    for judge in judges {
        if judge.join().is_err() {
            bail!("a judge's thread panicked");
        }
    }
    Ok(sums)
}

fn next<T>(waiting: &Mutex<Receiver<T>>) -> Option<T> {
    waiting.lock().ok()?.recv().ok()
}

fn list(top: &Path, asked: &[String]) -> Result<Vec<Mutant>> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--file"])
        .arg("solutions/[0-9]*/src/bin/*.rs")
        .current_dir(top)
        .stderr(Stdio::inherit())
        .output()
        .context("run cargo mutants")?;
    ensure!(
        output.status.success(),
        "cargo mutants is missing? cargo install cargo-mutants"
    );
    let mut all: Vec<Mutant> = serde_json::from_slice(&output.stdout)?;
    all.retain(|mutant| {
        asked.is_empty() || asked.iter().any(|name| *name == mutant.exercise())
    });
    Ok(all)
}

/// A copy of what git knows of, beside the build folder, kept for the next
/// time.
fn copy(top: &Path) -> Result<PathBuf> {
    let own = env::current_exe()?;
    let target = own.ancestors().nth(2).context("the build folder")?;
    let copy = target.join("mutants/workspace");
    let files = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(top)
        .output()
        .context("run git")?;
    for file in String::from_utf8(files.stdout)?.lines() {
        let Ok(new) = fs::read(top.join(file)) else {
            continue;
        };
        let to = copy.join(file);
        if fs::read(&to).ok().as_ref() != Some(&new) {
            fs::create_dir_all(to.parent().context("a folder")?)?;
            fs::write(&to, new)?;
        }
    }
    Ok(copy)
}

/// Builds a program of the copy; none where it does not compile.
fn build(copy: &Path, package: &str, bin: &str) -> Result<Option<PathBuf>> {
    let target = copy.join("../target");
    let status = Command::new("cargo")
        .args(["build", "--quiet", "-p", package, "--bin", bin])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", &target)
        .stderr(Stdio::null())
        .status()
        .context("run cargo build")?;
    Ok(status.success().then(|| target.join("debug").join(bin)))
}

/// Builds the changed program and puts it aside; none where it does not
/// compile. The copy is as it was afterwards.
fn apply(
    copy: &Path,
    mutant: &Mutant,
    number: usize,
) -> Result<Option<PathBuf>> {
    let file = copy.join(&mutant.file);
    let text = fs::read_to_string(&file)?;
    fs::write(&file, mutant.changed(&text)?)?;
    let bin = format!("sol-{}", mutant.exercise());
    let built = build(copy, &mutant.package, &bin);
    fs::write(&file, &text)?;
    let Some(program) = built? else {
        return Ok(None);
    };
    let aside = copy.join(format!("../mutant-{number}"));
    fs::copy(program, &aside)?;
    Ok(Some(aside))
}

impl Mutant {
    fn exercise(&self) -> String {
        let stem = self.file.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    }

    fn changed(&self, text: &str) -> Result<String> {
        let from = offset(text, &self.span.start)?;
        let to = offset(text, &self.span.end)?;
        Ok([&text[..from], &self.replacement, &text[to..]].concat())
    }

    /// Without line and column, which change with every edit.
    fn key(&self) -> String {
        let mut parts = self.name.splitn(4, ':');
        let file = parts.next().unwrap_or_default();
        let what = parts.nth(2).unwrap_or_default();
        format!("{file}:{what}")
    }
}

/// Where a place is, in bytes.
fn offset(text: &str, place: &Place) -> Result<usize> {
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at + 1 == place.line {
            let mut columns = line.char_indices().map(|(at, _)| at);
            let column = columns.nth(place.column - 1);
            return Ok(start + column.unwrap_or(line.len()));
        }
        start += line.len();
    }
    bail!("no line {}", place.line)
}

/// Whether a check fails.
fn judged(judge: &Path, mutant: &Mutant, program: &Path) -> Result<Fate> {
    let output = Command::new(judge)
        .arg(format!("{}={}", mutant.exercise(), program.display()))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("run the judge")?;
    ensure!(
        output.status.success(),
        "the judge ended: {}",
        output.status
    );
    let verdicts = String::from_utf8(output.stdout)?;
    let mut passed = true;
    for line in verdicts.lines() {
        let verdict: serde_json::Value = serde_json::from_str(line)?;
        match verdict["verdict"].as_str() {
            Some("passed" | "skipped") => {}
            Some("failed") => passed = false,
            other => bail!("{}: {other:?}: {line}", mutant.name),
        }
    }
    Ok(if passed { Fate::Survived } else { Fate::Caught })
}

/// Counts, and names the survivors that nobody has explained.
fn tell(top: &Path, told: &Receiver<(Mutant, Result<Fate>)>) -> Result<bool> {
    let list = fs::read_to_string(top.join("solutions/proof/survivors.txt"))?;
    let explained: Vec<&str> = list
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(" # ").next())
        .map(str::trim)
        .collect();
    let (mut unviable, mut caught, mut survivors) = (0, 0, Vec::new());
    for (mutant, fate) in told {
        match fate? {
            Fate::Unviable => unviable += 1,
            Fate::Caught => caught += 1,
            Fate::Survived => survivors.push(mutant),
        }
    }
    let viable = caught + survivors.len();
    println!(
        "{caught} of {viable} viable mutants caught ({} in 100), {unviable} \
         do not compile",
        100 * caught / viable.max(1)
    );
    survivors.sort_by(|a, b| a.name.cmp(&b.name));
    let mut fine = true;
    for mutant in survivors {
        if !explained.contains(&mutant.key().as_str()) {
            println!("survived, unexplained: {}", mutant.name);
            fine = false;
        }
    }
    Ok(fine)
}
