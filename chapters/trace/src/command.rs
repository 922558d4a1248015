//! What is asked for, and what becomes of it.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use colored::Colorize;
use course::{Outcome, Surroundings, Verdict};
use serde::Deserialize;
use testkit::grade::{self, Check, Exercise, Target};
use trace::layout::{Options, layout};
use trace::record::{self, Output, Recorded, Start, checked, record};
use trace::{Recording, What, pcap, svg, text, words};

/// What is to be recorded and how to show it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Job {
    /// As a reader would type it: `accept`.
    command: String,
    /// What to run; of several, all but the first are clients of the first.
    programs: Vec<Program>,
    /// The exercise that the one program is an answer to, if a check is to
    /// drive it.
    exercise: Option<String>,
    /// Which check; else the first one that fails.
    check: Option<String>,
    /// Where its inputs come from, in hexadecimal digits.
    seed: Option<String>,
    /// How long a program may run, in seconds.
    limit: u64,
    /// Only these processes.
    #[serde(default)]
    only: Vec<String>,
    /// How to show it.
    show: Show,
    /// Where to write that; else standard output.
    to: Option<PathBuf>,
    /// Where to write the packets.
    pcap: Option<PathBuf>,
    /// Columns of the terminal.
    width: usize,
}

#[derive(Deserialize)]
struct Program {
    name: String,
    path: PathBuf,
    #[serde(default)]
    args: Vec<String>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Show {
    Text,
    Words,
    Svg,
    Json,
}

pub(crate) fn main() -> ExitCode {
    if let Some(done) = record::is_one_check(&judge::ALL) {
        return done;
    }
    let mut args = std::env::args().skip(1);
    let job = args.next().and_then(|job| serde_json::from_str(&job).ok());
    let Some(job) = job else {
        eprintln!("trace takes one job, in JSON; call it by `cargo lab trace`");
        return ExitCode::from(2);
    };
    match run(&job) {
        Ok(code) => code,
        // `cargo lab trace … | head` has read what it wanted.
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| {
                error.kind() == io::ErrorKind::BrokenPipe
            }) =>
        {
            ExitCode::SUCCESS
        }
        Err(error) => {
            // Nobody needs to hear it.
            let _ = writeln!(io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(job: &Job) -> Result<ExitCode> {
    let (outcome, mut recorded) = match &job.exercise {
        Some(name) => {
            let (outcome, recorded) = of_check(job, name)?;
            (Some(outcome), recorded)
        }
        None => (None, of_programs(job)?),
    };
    if !job.only.is_empty() {
        recorded
            .recording
            .only(&job.only)
            .map_err(|problem| anyhow!("--only: {problem}"))?;
    }
    if let Some(path) = &job.pcap {
        let file = fs::File::create(path)
            .with_context(|| format!("write {}", path.display()))?;
        pcap::write(file, &recorded.frames)?;
        written(path, &format!("{} packets", recorded.frames.len()));
    }
    let shown = job.show(&recorded.recording)?;
    match &job.to {
        Some(path) => {
            fs::write(path, shown)
                .with_context(|| format!("write {}", path.display()))?;
            written(path, "for a browser");
        }
        None => io::stdout().write_all(shown.as_bytes())?,
    }
    if job.show == Show::Text {
        job.epilogue(&recorded, outcome.as_ref())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Says that a file is there; standard output may be data.
fn written(path: &Path, what: &str) {
    // Nobody needs to hear it.
    let _ = writeln!(io::stderr(), "wrote {} ({what})", path.display());
}

fn of_programs(job: &Job) -> Result<Recorded> {
    let programs = job.programs.iter().map(|program| Start {
        name: program.name.clone(),
        path: program.path.clone(),
        args: program.args.clone(),
    });
    let shown = job.show == Show::Text && job.to.is_none();
    record(&record::Job {
        programs: programs.collect(),
        command: job.command.clone(),
        limit: Duration::from_secs(job.limit),
        output: if shown { Output::Shown } else { Output::Aside },
    })
}

fn of_check(job: &Job, name: &str) -> Result<(Outcome, Recorded)> {
    let exercise: &Exercise = judge::ALL
        .into_iter()
        .find(|exercise| exercise.name == name)
        .with_context(|| format!("no exercise {name:?}"))?;
    let [program] = &job.programs[..] else {
        bail!("a check drives one program");
    };
    let seed = match &job.seed {
        Some(seed) => u64::from_str_radix(seed, 16)
            .context("--seed takes hexadecimal digits")?,
        None => fastrand::u64(..),
    };
    let check = match &job.check {
        Some(name) => find(exercise, name)?,
        None => first_to_fail(exercise, program, seed)?,
    };
    let (outcome, recorded) =
        checked(exercise, check, &program.path, None, seed)?;
    if outcome.verdict == Verdict::Passed {
        return Ok((outcome, recorded));
    }
    // strace makes every call slower; the verdict is that without it.
    let target = Target {
        path: program.path.clone(),
        name: None,
    };
    let plain = grade::outcome(exercise, check, &target, None, seed)?;
    Ok((plain, recorded))
}

fn find<'a>(exercise: &'a Exercise, name: &str) -> Result<&'a Check> {
    let found = exercise.checks.iter().find(|check| check.name == name);
    found.with_context(|| {
        let names: Vec<_> = exercise.checks.iter().map(|c| c.name).collect();
        format!(
            "{} has no check {name:?}; it has:\n  {}",
            exercise.name,
            names.join("\n  ")
        )
    })
}

/// The first check that fails; the first one, where all pass.
fn first_to_fail<'a>(
    exercise: &'a Exercise,
    program: &Program,
    seed: u64,
) -> Result<&'a Check> {
    let target = Target {
        path: program.path.clone(),
        name: None,
    };
    let outcomes =
        grade::outcomes(exercise, &target, None::<Surroundings>, seed)?;
    let failed = outcomes
        .iter()
        .position(|outcome| outcome.verdict != Verdict::Passed);
    exercise
        .checks
        .get(failed.unwrap_or(0))
        .context("an exercise without checks")
}

impl Job {
    fn show(&self, recording: &Recording) -> Result<String> {
        let picture = || layout(recording, &Options::default());
        let coloured = self.to.is_none()
            && colored::control::SHOULD_COLORIZE.should_colorize();
        Ok(match self.show {
            Show::Text => text::draw(&picture(), self.width, coloured),
            Show::Words => {
                let mut list = String::new();
                for (at, line) in words::tell(&picture()).iter().enumerate() {
                    let number = format!("{:3}. ", at + 1);
                    let options = textwrap::Options::new(self.width)
                        .initial_indent(&number)
                        .subsequent_indent("     ");
                    list += &textwrap::fill(line, options);
                    list.push('\n');
                }
                list
            }
            Show::Svg => svg::standalone(&picture()),
            Show::Json => serde_json::to_string_pretty(recording)? + "\n",
        })
    }

    /// What to know beside the picture.
    fn epilogue(
        &self,
        recorded: &Recorded,
        outcome: Option<&Outcome>,
    ) -> Result<()> {
        let mut out = io::stdout();
        for missing in &recorded.recording.missing {
            let line = format!("Not in the picture: {missing}.");
            writeln!(out, "{}", textwrap::fill(&line, self.width).yellow())?;
        }
        if let Some(outcome) = outcome {
            let verdict = match outcome.verdict {
                Verdict::Passed => "passes".green(),
                Verdict::Failed => "fails".red(),
                Verdict::Skipped => "is skipped".yellow(),
                Verdict::GraderError => "could not be run".yellow(),
            };
            let line = format!(
                "{}/{} {verdict} (seed {})",
                outcome.exercise, outcome.check, outcome.seed
            );
            writeln!(out, "\n{}", textwrap::fill(&line, self.width))?;
            let failed = |what: &What| matches!(what, What::Failure(_));
            let notes = &recorded.recording.notes;
            if outcome.verdict == Verdict::Passed
                && notes.iter().any(|note| failed(&note.what))
            {
                let why = "In the picture it does not: strace makes every \
                           call slower, and the check did not wait so long.";
                writeln!(out, "{}", textwrap::fill(why, self.width))?;
            }
            if outcome.verdict != Verdict::Passed {
                let told = textwrap::fill(&outcome.folded(), self.width);
                writeln!(out, "{told}")?;
            }
        }
        if self.to.is_none() && io::stdout().is_terminal() {
            let more = "The same as a picture for a browser: --svg FILE; \
                        for Wireshark: --pcap FILE; in words: --words.";
            let more = textwrap::fill(more, self.width);
            writeln!(out, "\n{}", more.dimmed())?;
        }
        Ok(())
    }
}
