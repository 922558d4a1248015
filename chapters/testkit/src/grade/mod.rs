//! How an exercise is graded: checks that start the program, play its peer,
//! and tell a story when something else comes than the task says.
//!
//! The test binary of an exercise runs itself again for each check, in
//! [`Surroundings`] of its own, and takes the verdict from a pipe.
//!
//! ```sh
//! cargo test -p ex-03-accept --test greeter                # grade
//! … -- a_client_that_resets_harms_nobody --seed 5f1c       # one check again
//! … -- --results FILE         # verdicts as data, a line of JSON each
//! … -- --surroundings shared  # without namespaces
//! … -- --times 20 --busy 8    # again and again, on a machine at work
//! cargo test -p sol-03-accept --test greeter -- --prove    # see `proof`
//! ```

mod attempt;
mod confinement;
mod judge;
mod launch;
mod options;
mod peer;
mod report;
mod runner;
mod stuck;
mod watch;

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use course::{Outcome, Surroundings, Topic};
use serde::{Deserialize, Serialize};

pub use attempt::{Attempt, CHECK_LIMIT, Run, Server};
pub use confinement::{
    Asked, Confined, Confinement, confined, is_one_confined_check, try_confined,
};
pub use judge::judge;
pub use launch::{Launch, args};
pub(crate) use options::Options;
pub use peer::{Closed, Listener, Peer, Silent};
pub(crate) use report::say;
pub(crate) use runner::{Runner, serve};
pub use watch::{PeerAt, Step, Story, Watcher, Watching};

/// A graded exercise.
pub struct Exercise {
    /// Its name: `greeter`.
    pub name: &'static str,
    /// The folder of its topic: `03-accept`.
    pub topic: &'static str,
    /// The topic's `exercises.toml`, which has its points.
    pub manifest: &'static str,
    /// Its checks, in the order in which failures are told.
    pub checks: &'static [Check],
}

/// One thing that the task asks for.
pub struct Check {
    /// A sentence: `a_client_that_resets_harms_nobody`.
    pub name: &'static str,
    /// What the task says about it, in one sentence.
    pub why: &'static str,
    /// Tries it on a program.
    pub run: fn(&mut Attempt) -> Result<()>,
}

/// A program that is graded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Target {
    /// The file.
    pub path: PathBuf,
    /// The name that it is started under, where the file holds several
    /// programs.
    pub name: Option<String>,
}

/// The error of a check whose program does otherwise than its task says. Any
/// other error of a check is the grader's own.
#[derive(Debug)]
pub struct Failure(pub(crate) course::Failure);

impl Failure {
    /// Such an error, with what was expected and what came instead.
    #[expect(clippy::new_ret_no_self, reason = "it is always returned")]
    pub fn new(
        expected: impl fmt::Display,
        got: impl fmt::Display,
    ) -> anyhow::Error {
        anyhow::Error::new(Failure(course::Failure {
            expected: expected.to_string(),
            got: got.to_string(),
            programs: stuck::programs(),
        }))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for Failure {}

/// The learner's failure, unless `ok`.
pub fn expect(
    ok: bool,
    expected: impl fmt::Display,
    got: impl fmt::Display,
) -> Result<()> {
    if ok {
        return Ok(());
    }
    Err(Failure::new(expected, got))
}

/// Bytes as one can read them, the middle left out where they are many.
pub fn quote(bytes: &[u8]) -> String {
    /// More are cut, in bytes.
    const WHOLE: usize = 80;
    /// What stays of them at each end.
    const END: usize = 24;

    let count = bytes.len();
    match count {
        0 => "nothing".to_owned(),
        _ if count <= WHOLE => format!("\"{}\"", readable(bytes)),
        _ => format!(
            "\"{}…{}\" ({count} bytes)",
            readable(&bytes[..END]),
            readable(&bytes[count - END..])
        ),
    }
}

/// Text as it is, everything that a terminal might act on escaped.
pub(crate) fn readable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' | '\\' => text.extend(['\\', char]),
                _ if char.is_control() => text.extend(char.escape_default()),
                _ => text.push(char),
            }
        }
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}

impl Exercise {
    /// What its topic's `exercises.toml` says about it.
    pub fn manifest(&self) -> Result<course::Exercise> {
        let topic = Topic::parse(self.manifest)
            .with_context(|| format!("{}/exercises.toml", self.topic))?;
        topic.exercise(self.name).cloned().with_context(|| {
            format!("no {} in {}/exercises.toml", self.name, self.topic)
        })
    }
}

/// Runs all checks on a program, one after another, and gives back what came
/// of each. For a `main` that has called [`is_one_check`] first.
pub fn outcomes(
    exercise: &Exercise,
    target: &Target,
    surroundings: Option<Surroundings>,
    seed: u64,
) -> Result<Vec<Outcome>> {
    let runner = Runner::new(surroundings, seed)?;
    let run = |check| runner.run(exercise, check, target, 0);
    Ok(exercise.checks.iter().map(run).collect())
}

/// Runs one check on a program. For a `main` that has called
/// [`is_one_check`] first.
pub fn outcome(
    exercise: &Exercise,
    check: &Check,
    target: &Target,
    surroundings: Option<Surroundings>,
    seed: u64,
) -> Result<Outcome> {
    let runner = Runner::new(surroundings, seed)?;
    Ok(runner.run(exercise, check, target, 0))
}

/// Runs one check on a program, in a process that has a [`Watcher`]; see
/// [`is_one_check_watched`]. What that finds goes into `folder`.
pub fn watched(
    exercise: &Exercise,
    check: &Check,
    target: &Target,
    surroundings: Option<Surroundings>,
    seed: u64,
    folder: &Path,
) -> Result<Outcome> {
    let runner = Runner::new(surroundings, seed)?;
    Ok(runner.run_watched(exercise, check, target, folder))
}

/// As [`is_one_check`], for a program that watches checks.
pub fn is_one_check_watched(
    exercises: &[&'static Exercise],
    watcher: Watcher,
) -> Option<ExitCode> {
    serve(exercises, Some(watcher))
}

/// Does the work of one check, if this process was started for that: the exit
/// code to end with.
pub fn is_one_check(exercises: &[&'static Exercise]) -> Option<ExitCode> {
    serve(exercises, None)
}

/// Grades `program` by plain Cargo: a test for each check.
///
/// `program` is where Cargo put the program of this package, learner's or
/// reference: `option_env!("CARGO_BIN_EXE_ex-…").or(option_env!("…sol-…"))`.
pub fn main(exercise: &'static Exercise, program: Option<&str>) -> ExitCode {
    if let Some(done) = serve(&[exercise], None) {
        return done;
    }
    let (options, arguments) = Options::take();
    if options.prove {
        return crate::proof::prove(&[exercise], &options, &arguments);
    }
    let Some(program) = program else {
        say(format_args!("{}: no program to grade", exercise.name));
        return ExitCode::FAILURE;
    };
    let target = Target {
        path: program.into(),
        name: None,
    };
    report::grade(exercise, &target, &options, &arguments)
}
