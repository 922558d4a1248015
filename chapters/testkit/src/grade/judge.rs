//! Verdicts for a tool: the checks of several exercises at once, a line of
//! JSON for each as it ends.

use std::env;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use course::Surroundings;

use super::{Check, Exercise, Runner, Target, say, serve};

const USAGE: &str = "\
usage: judge EXERCISE=PROGRAM… [--check NAME] [--seed HEX] \
[--surroundings private|shared] [--until-input-ends]
example: judge greeter=target/debug/ex-greeter --seed 5f1c";

/// How many checks run at once for each processor: they wait more than they
/// work, and a verdict should take as long as the slowest of them.
const AT_ONCE: usize = 16;

/// The body of a program that judges. Exit code 0: every check has got its
/// verdict, whichever; 1: not every one; 2: misused.
pub fn judge(exercises: &[&'static Exercise]) -> ExitCode {
    if let Some(done) = serve(exercises, None) {
        return done;
    }
    let job = match Job::read(exercises) {
        Ok(job) => job,
        Err(error) => {
            say(format_args!("judge: {error:#}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match job.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(format_args!("judge: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

struct Job {
    checks: Vec<(&'static Exercise, &'static Check, Target)>,
    seed: u64,
    surroundings: Option<Surroundings>,
    /// Whether the end of standard input ends this process: its caller has
    /// ended, and nobody reads the verdicts.
    with_input: bool,
}

impl Job {
    fn read(exercises: &[&'static Exercise]) -> Result<Job> {
        let mut programs = Vec::new();
        let mut only = None;
        let mut job = Job {
            checks: Vec::new(),
            seed: fastrand::u64(..),
            surroundings: None,
            with_input: false,
        };
        let mut args = env::args().skip(1);
        while let Some(arg) = args.next() {
            let mut value =
                || args.next().with_context(|| format!("{arg} takes a value"));
            match arg.as_str() {
                "--until-input-ends" => job.with_input = true,
                "--check" => only = Some(value()?),
                "--seed" => {
                    job.seed = u64::from_str_radix(&value()?, 16)
                        .context("--seed takes hexadecimal digits")?;
                }
                "--surroundings" => {
                    job.surroundings = Some(match value()?.as_str() {
                        "private" => Surroundings::Private,
                        "shared" => Surroundings::Shared,
                        other => bail!("no surroundings {other:?}"),
                    });
                }
                _ => {
                    let (name, path) = arg
                        .split_once('=')
                        .with_context(|| format!("{arg:?} has no `=`"))?;
                    let exercise = exercises
                        .iter()
                        .find(|exercise| exercise.name == name)
                        .with_context(|| format!("no exercise {name:?}"))?;
                    let path = PathBuf::from(path);
                    programs.push((*exercise, Target { path, name: None }));
                }
            }
        }
        if programs.is_empty() {
            bail!("no exercise to judge");
        }
        for (exercise, target) in programs {
            for check in exercise.checks {
                if only.as_ref().is_none_or(|only| only == check.name) {
                    job.checks.push((exercise, check, target.clone()));
                }
            }
        }
        if job.checks.is_empty() {
            bail!("no check {:?}", only.unwrap_or_default());
        }
        Ok(job)
    }

    fn run(&self) -> Result<()> {
        if self.with_input {
            thread::spawn(|| {
                let mut byte = [0];
                while let Ok(1..) = io::stdin().read(&mut byte) {}
                std::process::exit(1)
            });
        }
        let runner = Runner::new(self.surroundings, self.seed)?;
        let next = AtomicUsize::new(0);
        let lost = Mutex::new(None);
        let cores = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            for _ in 0..self.checks.len().min(cores * AT_ONCE) {
                scope.spawn(|| {
                    while let Some((exercise, check, target)) =
                        self.checks.get(next.fetch_add(1, Ordering::Relaxed))
                    {
                        let outcome = runner.run(exercise, check, target, 0);
                        if let Err(error) = tell(&outcome) {
                            *lost
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner) =
                                Some(error);
                        }
                    }
                });
            }
        });
        match lost.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

fn tell(outcome: &course::Outcome) -> Result<()> {
    let mut line = serde_json::to_string(outcome)?;
    line.push('\n');
    let mut out = io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush().context("write a verdict")
}
