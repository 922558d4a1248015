//! What a learner reads, and what a tool reads, of a graded exercise.

use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use course::{Outcome, Verdict};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use super::options::Options;
use super::runner::Runner;
use super::{Check, Exercise, Target};
use crate::load::Load;

/// Prints a line, which nobody needs to hear.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Runs the checks that `arguments` ask for, tells the verdicts.
pub(super) fn grade(
    exercise: &'static Exercise,
    target: &Target,
    options: &Options,
    arguments: &Arguments,
) -> ExitCode {
    match try_to_grade(exercise, target, options, arguments) {
        Ok(code) => code,
        Err(error) => {
            say(format_args!("{}: {error:#}", exercise.name));
            ExitCode::FAILURE
        }
    }
}

fn try_to_grade(
    exercise: &'static Exercise,
    target: &Target,
    options: &Options,
    arguments: &Arguments,
) -> Result<ExitCode> {
    exercise.manifest()?;
    let runner = Runner::new(options.surroundings, options.seed)?;
    let record = Arc::new(Record::new(options, exercise, arguments)?);
    let trials = exercise
        .checks
        .iter()
        .enumerate()
        .map(|(at, check)| {
            let (runner, target) = (runner.clone(), target.clone());
            let record = Arc::clone(&record);
            let times = options.times;
            Trial::ignorable_test(check.name, move || {
                let mut outcome = runner.run(exercise, check, &target, 0);
                for time in 1..times {
                    if outcome.verdict != Verdict::Passed {
                        break;
                    }
                    outcome = runner.run(exercise, check, &target, time);
                }
                record.keep(at, &outcome, exercise)
            })
        })
        .collect();
    let load = Load::start(options.busy);
    let conclusion = libtest_mimic::run(arguments, trials);
    drop(load);
    if !arguments.list {
        record.tell(exercise, &runner);
    }
    Ok(conclusion.exit_code())
}

/// The outcomes so far, and the file that they go to.
struct Record {
    /// One for each check, in declared order.
    checks: Mutex<Vec<State>>,
    changed: Condvar,
    file: Option<Mutex<File>>,
}

enum State {
    NotAsked,
    Runs,
    Done(Box<Outcome>),
}

impl State {
    fn failed(&self) -> bool {
        match self {
            State::Done(outcome) => matches!(
                outcome.verdict,
                Verdict::Failed | Verdict::GraderError
            ),
            State::NotAsked | State::Runs => false,
        }
    }
}

impl Record {
    fn new(
        options: &Options,
        exercise: &Exercise,
        arguments: &Arguments,
    ) -> Result<Record> {
        let open = |path: &std::path::PathBuf| {
            File::create(path)
                .map(Mutex::new)
                .with_context(|| format!("write {}", path.display()))
        };
        let state = |check: &Check| {
            if asked(check.name, arguments) {
                State::Runs
            } else {
                State::NotAsked
            }
        };
        Ok(Record {
            checks: Mutex::new(exercise.checks.iter().map(state).collect()),
            changed: Condvar::new(),
            file: options.results.as_ref().map(open).transpose()?,
        })
    }

    /// Keeps an outcome, writes it as a line of JSON, and says how its trial
    /// ends: the first failure in declared order is told in full, any other
    /// in a few lines.
    fn keep(
        &self,
        at: usize,
        outcome: &Outcome,
        exercise: &Exercise,
    ) -> Result<Completion, Failed> {
        if let Some(file) = &self.file {
            write(file, outcome)
                .map_err(|error| Failed::from(format!("{error:#}")))?;
        }
        let verdict = outcome.verdict;
        let mut checks = lock(&self.checks);
        checks[at] = State::Done(Box::new(outcome.clone()));
        self.changed.notify_all();
        let title = match verdict {
            Verdict::Passed => return Ok(Completion::Completed),
            Verdict::Skipped => {
                return Ok(Completion::ignored_with(outcome.folded()));
            }
            Verdict::Failed => format!("0 of {} points", outcome.of),
            Verdict::GraderError => {
                "grader error, not a fault of your program".to_owned()
            }
        };
        // Trials begin in declared order, so the earlier ones are under way.
        let runs = |state: &State| matches!(state, State::Runs);
        let checks = self
            .changed
            .wait_while(checks, |checks| checks[..at].iter().any(runs))
            .unwrap_or_else(PoisonError::into_inner);
        let first = !checks[..at].iter().any(State::failed);
        Err(Failed::from(if first {
            format!(
                "{title}\n{}   again: cargo test -p {}{} --test {} -- {} \
                 --seed {}",
                outcome.story(),
                package(),
                exercise.topic,
                exercise.name,
                outcome.check,
                outcome.seed
            )
        } else {
            format!("{title}\n{}", outcome.folded())
        }))
    }

    /// Tells the sum.
    fn tell(&self, exercise: &Exercise, runner: &Runner) {
        let (mut points, mut of) = (0, 0);
        for state in &*lock(&self.checks) {
            if let State::Done(outcome) = state {
                points += outcome.points;
                if !matches!(
                    outcome.verdict,
                    Verdict::Skipped | Verdict::GraderError
                ) {
                    of += outcome.of;
                }
            }
        }
        say(format_args!(
            "{}: {points} of {of} points; {runner}",
            exercise.name
        ));
    }
}

fn write(file: &Mutex<File>, outcome: &Outcome) -> Result<()> {
    let mut line = serde_json::to_string(outcome)?;
    line.push('\n');
    lock(file)
        .write_all(line.as_bytes())
        .context("write the results")
}

/// Whether the command line asks for a check: what libtest-mimic does with
/// the same arguments.
fn asked(name: &str, arguments: &Arguments) -> bool {
    let fits = |pattern: &String| {
        if arguments.exact {
            name == pattern
        } else {
            name.contains(pattern.as_str())
        }
    };
    arguments.filter.as_ref().is_none_or(fits)
        && !arguments.skip.iter().any(fits)
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The side that Cargo tests: `ex-` or `sol-`.
fn package() -> &'static str {
    let name = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    if name.starts_with("sol-") {
        "sol-"
    } else {
        "ex-"
    }
}
