//! What keeps a program that nobody trusts from everything else, where a tool
//! that grades strangers' programs brings it along. A learner's own programs
//! run without.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Result;
use course::{Outcome, Surroundings};

use super::runner::{self, Job};
use super::{Check, Exercise, Target};

/// Keeps the programs of a check from everything else.
pub trait Confinement: Sync {
    /// Runs `main` as the first process of the place that `place` describes,
    /// in words that only the implementation knows, and gives back its exit
    /// code. Called while this process has one thread.
    fn enter(
        &self,
        place: &str,
        main: Box<dyn FnOnce() -> u8 + '_>,
    ) -> Result<u8>;

    /// Adds to a command what its process does before it becomes the program.
    fn confine(&self, command: &mut Command) -> Result<()>;

    /// Kills every process of the check but this one, and gives back how many
    /// there are still.
    fn clear(&self) -> usize;

    /// Where a check's folder is made.
    fn folders(&self) -> PathBuf;
}

/// A process runs one check, so it has one confinement.
static CURRENT: OnceLock<&'static dyn Confinement> = OnceLock::new();

/// The confinement of this process's check, if it has one.
pub(super) fn current() -> Option<&'static dyn Confinement> {
    CURRENT.get().copied()
}

pub(super) fn is(confinement: &'static dyn Confinement) {
    let _ = CURRENT.set(confinement);
}

/// A check of a program that nobody trusts.
#[derive(Debug, Clone)]
pub struct Confined<'a> {
    /// The program that runs the check: its `main` has called
    /// [`is_one_confined_check`].
    pub judge: &'a Path,
    /// The graded program, as it is found from within.
    pub target: Target,
    /// The seed of the whole grading; each check gets its own from it.
    pub seed: u64,
    /// For [`Confinement::enter`].
    pub place: String,
    /// What the outcome says of it.
    pub surroundings: Surroundings,
}

/// What an outcome says about its check, whatever came of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Asked {
    /// `greeter`.
    pub exercise: String,
    /// The check's name.
    pub check: String,
    /// Its place among the checks of its exercise.
    pub place: usize,
    /// Points to be got.
    pub of: u32,
    /// What the task says about it.
    pub why: String,
    /// The page to read again.
    pub page: String,
}

impl Asked {
    /// What this check of this exercise asks.
    pub fn by(exercise: &Exercise, check: &Check) -> Asked {
        let manifest = exercise.manifest().ok();
        Asked {
            exercise: exercise.name.into(),
            check: check.name.into(),
            place: exercise
                .checks
                .iter()
                .position(|known| known.name == check.name)
                .unwrap_or(0),
            of: manifest
                .as_ref()
                .and_then(|m| m.points.get(check.name).copied())
                .unwrap_or(0),
            why: check.why.into(),
            page: manifest
                .map_or_else(String::new, |m| format!("book/src/{}", m.page)),
        }
    }
}

/// Runs one check on a program that nobody trusts.
pub fn confined(asked: &Asked, how: &Confined<'_>) -> Outcome {
    let start = Instant::now();
    let seed = runner::mixed(how.seed, 0, &asked.exercise, &asked.check);
    let job = Job {
        check: Some((asked.exercise.clone(), asked.check.clone())),
        target: how.target.clone(),
        seed,
        surroundings: how.surroundings,
        confinement: Some(how.place.clone()),
        watch: None,
    };
    let found = runner::ask(how.judge, &job);
    runner::outcome(asked, found, how.seed, how.surroundings, start)
}

/// Tries whether checks can run there: a connection, the kernel's account of
/// it, and where the surroundings are private, being the first process.
pub fn try_confined(how: &Confined<'_>) -> Result<()> {
    let job = Job {
        check: None,
        target: how.target.clone(),
        seed: how.seed,
        surroundings: how.surroundings,
        confinement: Some(how.place.clone()),
        watch: None,
    };
    runner::spawn(how.judge, &job).map(drop)
}

/// As [`is_one_check`](super::is_one_check), for checks that this keeps apart.
pub fn is_one_confined_check(
    exercises: &[&'static Exercise],
    confinement: &'static dyn Confinement,
) -> Option<ExitCode> {
    runner::serve_confined(exercises, None, Some(confinement))
}
