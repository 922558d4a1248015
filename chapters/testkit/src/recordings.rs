//! What a program printed, kept beside it and compared with a new run.
//!
//! `recorded/NAME.txt` starts with the command (`$ cargo run --bin NAME`); the
//! rest is what the program printed. The pages include these files.
//! `recorded/recordings.toml` says of each what it needs from the machine and
//! which of its figures belong to one machine.
//!
//! ```sh
//! cargo test --test recordings                        # compare
//! cargo test --test recordings -- --times 20 --busy 2 # twenty times, on a
//!                                                     # machine at work
//! cargo record                                        # record anew
//! ```

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::Deserialize;

use crate::load::Load;
use crate::normalise::normalise;
use crate::program::{PATIENCE, Program, say};
use crate::trial::Skip;
use crate::{machine, manners};

/// The widest line that a program may print, in columns: it must fit a page.
const WIDEST: usize = 72;

/// What `recordings.toml` says about one recording.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// The program's arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// What the machine must have; see [`machine::lacks`].
    #[serde(default)]
    pub needs: Vec<String>,
    /// Regular expressions for figures of one machine; see
    /// [`normalise`](crate::normalise).
    #[serde(default)]
    pub figures: Vec<String>,
    /// The program, where the recording is not named after it.
    pub program: Option<String>,
}

/// Runs a package's recording tests: one for each entry of
/// `recorded/recordings.toml` below `package`, by the programs in `programs`
/// (name and path).
pub fn main(package: &str, programs: &[(&str, &str)]) -> ExitCode {
    main_with(package, programs, &[])
}

/// One conversation of several programs, recorded together: a text for each
/// recording that it names, in the same order.
pub struct Conversation {
    /// The names of its recordings; one that ends in `.md` is Markdown.
    pub names: &'static [&'static str],
    /// Regular expressions for what differs from run to run, beyond the rules
    /// of [`normalise`](crate::normalise).
    pub figures: &'static [&'static str],
    /// Holds the conversation and gives back what each side printed, first
    /// line `$ ` and the command; [`Skip`] where this machine lacks something.
    pub hold: fn() -> Result<Vec<String>>,
}

/// As [`main`], with recordings that take more than starting one program. A
/// name may lead to another package's folder: `../06-client/recorded/client`.
pub fn main_with(
    package: &str,
    programs: &[(&str, &str)],
    conversations: &'static [Conversation],
) -> ExitCode {
    let (options, arguments) = Options::take();
    let trials = match trials(Path::new(package), programs, &options) {
        Ok(trials) => trials,
        Err(error) => {
            say(format_args!("{package}: {error:#}"));
            return ExitCode::FAILURE;
        }
    };
    let recorded = Path::new(package).join("recorded");
    let more = conversations.iter().map(|conversation| {
        let (recorded, options) = (recorded.clone(), options);
        let name = conversation.names.join("_and_");
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        test(&sentence(&name), move || {
            match conversation.run(&recorded, options) {
                Ok(()) => Ok(None),
                Err(error) => match error.downcast::<Skip>() {
                    Ok(Skip(why)) => Ok(Some(why)),
                    Err(error) => Err(error),
                },
            }
        })
    });
    let trials = trials.into_iter().chain(more).collect();
    let load = Load::start(options.busy);
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(load);
    conclusion.exit_code()
}

/// What this harness takes beside libtest's own arguments.
#[derive(Debug, Clone, Copy)]
struct Options {
    record: bool,
    times: usize,
    busy: usize,
}

impl Options {
    fn take() -> (Options, Arguments) {
        let mut options = Options {
            record: false,
            times: 1,
            busy: 0,
        };
        let mut rest = Vec::new();
        let mut args = env::args();
        while let Some(arg) = args.next() {
            let mut number = || {
                let value = args.next().unwrap_or_default();
                value.parse().unwrap_or_else(|_| {
                    say(format_args!("{arg} takes a number, not {value:?}"));
                    std::process::exit(2)
                })
            };
            match arg.as_str() {
                "--record" => options.record = true,
                "--times" => options.times = number(),
                "--busy" => options.busy = number(),
                _ => rest.push(arg),
            }
        }
        (options, Arguments::from_iter(rest))
    }
}

fn trials(
    package: &Path,
    programs: &[(&str, &str)],
    options: &Options,
) -> Result<Vec<Trial>> {
    let recorded = package.join("recorded");
    let table = recorded.join("recordings.toml");
    let table = fs::read_to_string(&table)
        .with_context(|| format!("read {}", table.display()))?;
    let table: BTreeMap<String, Needs> = toml::from_str(&table)?;
    let mut trials = Vec::new();
    for (name, needs) in table {
        let program = needs.program.as_deref().unwrap_or(&name);
        let (_, path) = programs
            .iter()
            .find(|(known, _)| *known == program)
            .with_context(|| format!("{name}: no program {program}"))?;
        let recording = Recording {
            command: command(program, &needs.args),
            file: recorded.join(format!("{name}.txt")),
            path: (*path).to_owned(),
            needs,
        };
        let options = *options;
        let name = sentence(&name);
        trials.push(test(&name, move || recording.run(options)));
    }
    // Recording anew is not the moment to test.
    if !options.record {
        for (name, path) in programs {
            trials.extend(manners::trials(name, path));
        }
    }
    Ok(trials)
}

pub(crate) fn test(
    name: &str,
    run: impl FnOnce() -> Result<Option<String>> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, || match run() {
        Ok(None) => Ok(Completion::Completed),
        Ok(Some(why)) => Ok(Completion::ignored_with(why)),
        Err(error) => Err(Failed::from(format!("{error:#}"))),
    })
}

fn sentence(name: &str) -> String {
    format!("{}_prints_what_is_recorded", name.replace('-', "_"))
}

/// The command line that a reader types to run `program`.
pub fn command(program: &str, args: &[String]) -> String {
    let mut line = format!("$ cargo run --bin {program}");
    for arg in args {
        let _ = write!(line, " {arg}");
    }
    line
}

struct Recording {
    command: String,
    file: PathBuf,
    path: String,
    needs: Needs,
}

impl Recording {
    fn run(&self, options: Options) -> Result<Option<String>> {
        if let Some(why) = machine::lacks_any(&self.needs.needs) {
            return Ok(Some(why));
        }
        for _ in 0..options.times {
            let args: Vec<&str> =
                self.needs.args.iter().map(String::as_str).collect();
            let ended =
                Program::start(&self.path, &args)?.end_within(PATIENCE)?;
            ensure!(
                ended.status.success() && ended.stderr.is_empty(),
                "ended with {}; on standard error: {}",
                ended.status,
                ended.stderr
            );
            let text = format!("{}\n{}", self.command, ended.stdout);
            fits_a_page(&text)?;
            let side = (self.file.clone(), text);
            keep(&[side], &self.needs.figures, options.record)?;
        }
        Ok(None)
    }
}

impl Conversation {
    fn run(&self, recorded: &Path, options: Options) -> Result<()> {
        let figures: Vec<_> =
            self.figures.iter().map(ToString::to_string).collect();
        for _ in 0..options.times {
            let texts = (self.hold)()?;
            ensure!(texts.len() == self.names.len(), "a text for each name");
            let mut sides = Vec::new();
            for (name, text) in self.names.iter().zip(texts) {
                // Markdown becomes a part of a page, not a block on it.
                let file = if name.ends_with(".md") {
                    recorded.join(name)
                } else {
                    fits_a_page(&text)?;
                    recorded.join(format!("{name}.txt"))
                };
                sides.push((file, text));
            }
            keep(&sides, &figures, options.record)?;
        }
        Ok(())
    }
}

/// Fails where a line that a program has printed is too wide.
fn fits_a_page(text: &str) -> Result<()> {
    for line in text.lines() {
        let width = line.chars().count();
        ensure!(
            width <= WIDEST,
            "a line of {width} columns, {WIDEST} at most: {line}"
        );
    }
    Ok(())
}

/// Compares what the sides of one run printed with what is recorded, or
/// records it.
///
/// A new recording that differs by the rules only is not written: it would be
/// noise in every change. Where one side differs all are written, since they
/// tell of one conversation.
pub(crate) fn keep(
    sides: &[(PathBuf, String)],
    figures: &[String],
    record: bool,
) -> Result<()> {
    let mut problem = None;
    for (file, text) in sides {
        let old = fs::read_to_string(file).unwrap_or_default();
        let (before, now) =
            (normalise(&old, figures)?, normalise(text, figures)?);
        if old.is_empty() {
            problem = Some(format!(
                "{} is missing; `cargo record` writes it",
                file.display()
            ));
        } else if before != now {
            problem = Some(format!(
                "{} is not what the program prints now.\n{}\
                 If the new output is right, `cargo record` keeps it.",
                file.display(),
                differences(&before, &now)
            ));
        }
    }
    let Some(problem) = problem else {
        return Ok(());
    };
    ensure!(record, problem);
    for (file, text) in sides {
        fs::write(file, text)
            .with_context(|| format!("write {}", file.display()))?;
        say(format_args!("recorded {}", file.display()));
    }
    Ok(())
}

/// The first lines that differ, `-` as recorded and `+` as printed now.
fn differences(before: &str, now: &str) -> String {
    /// More would only bury the first one.
    const SHOWN: usize = 5;

    let (mut before, mut now) = (before.lines(), now.lines());
    let mut text = String::new();
    let mut shown = 0;
    for number in 1.. {
        let pair = (before.next(), now.next());
        if pair == (None, None) || shown == SHOWN {
            break;
        }
        if pair.0 == pair.1 {
            continue;
        }
        shown += 1;
        for (sign, line) in [('-', pair.0), ('+', pair.1)] {
            if let Some(line) = line {
                let _ = writeln!(text, "line {number} {sign} {line}");
            }
        }
    }
    text
}
