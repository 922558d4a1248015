//! One trial for each entry of a topic's `recorded/pictures.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::Deserialize;
use serde_json::json;
use testkit::load::Load;
use testkit::machine;
use testkit::program::{PATIENCE, Program};
use trace::layout::{Options, layout};
use trace::{Recording, svg, words};

/// What every recording needs.
const NEEDS: [&str; 3] = ["linux", "capture", "tool:strace"];

/// What `pictures.toml` says about one picture.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    /// The program, where the picture is not named after it.
    program: Option<String>,
    /// Its arguments.
    #[serde(default)]
    args: Vec<String>,
    /// Clients of it, each with its arguments, as `cargo lab trace --with`
    /// takes them.
    #[serde(default)]
    with: Vec<String>,
    /// Only these processes.
    #[serde(default)]
    only: Vec<String>,
    /// Calls that vary from run to run; `bytes`, where the totals do;
    /// `signals`, where their number does.
    #[serde(default)]
    varies: Vec<String>,
    /// What the machine must have, beyond what every recording needs.
    #[serde(default)]
    needs: Vec<String>,
    /// How many rows the picture may have.
    rows: Option<usize>,
}

/// A picture of a topic.
#[derive(Debug, Clone)]
struct Picture {
    name: String,
    topic: String,
    spec: Spec,
}

/// What this harness takes beside libtest's own arguments.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    record: bool,
    times: usize,
    busy: usize,
}

pub(crate) fn main() -> ExitCode {
    let (asked, mut arguments) = arguments();
    // Two at a time: programs that wait for a time-out have few others
    // beside them, and nobody waits for the processor.
    arguments.test_threads.get_or_insert(2);
    let pictures = match pictures() {
        Ok(pictures) => pictures,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    };
    let built = Mutex::new(None);
    let built: &'static Mutex<Option<Result<(), String>>> =
        Box::leak(Box::new(built));
    let mut trials = Vec::new();
    for picture in pictures {
        let name = picture.name.replace('-', "_");
        let drawn = picture.clone();
        trials.push(trial(
            &format!("{name}_does_what_is_recorded"),
            picture.spec.needs.clone(),
            move || {
                build(built)?;
                picture.holds(asked)?;
                // Recording anew is not the moment to test.
                if asked.record {
                    picture.draw(true)
                } else {
                    Ok(())
                }
            },
        ));
        if !asked.record {
            trials.push(Trial::test(
                format!("{name}_is_drawn_from_its_recording"),
                move || {
                    drawn
                        .draw(false)
                        .map_err(|error| Failed::from(format!("{error:#}")))
                },
            ));
        }
    }
    let load = Load::start(asked.busy);
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(load);
    conclusion.exit_code()
}

fn trial(
    name: &str,
    needs: Vec<String>,
    run: impl FnOnce() -> Result<()> + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        let always = NEEDS.iter().map(ToString::to_string);
        let all: Vec<String> = always.chain(needs).collect();
        if let Some(why) = machine::lacks_any(&all) {
            return Ok(Completion::ignored_with(why));
        }
        run()
            .map(|()| Completion::Completed)
            .map_err(|error| Failed::from(format!("{error:#}")))
    })
}

fn arguments() -> (Asked, Arguments) {
    let mut asked = Asked {
        times: 1,
        ..Asked::default()
    };
    let mut rest = Vec::new();
    let mut args = std::env::args();
    while let Some(arg) = args.next() {
        let mut number = || {
            let value = args.next().unwrap_or_default();
            value.parse().unwrap_or_else(|_| {
                eprintln!("{arg} takes a number, not {value:?}");
                std::process::exit(2)
            })
        };
        match arg.as_str() {
            "--record" => asked.record = true,
            "--times" => asked.times = number(),
            "--busy" => asked.busy = number(),
            _ => rest.push(arg),
        }
    }
    (asked, Arguments::from_iter(rest))
}

fn chapters() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn pictures() -> Result<Vec<Picture>> {
    let mut all = Vec::new();
    let entries = fs::read_dir(chapters()).context("read chapters")?;
    for entry in entries {
        let entry = entry?;
        let table = entry.path().join("recorded/pictures.toml");
        let Ok(text) = fs::read_to_string(&table) else {
            continue;
        };
        let specs: BTreeMap<String, Spec> = toml::from_str(&text)
            .with_context(|| format!("read {}", table.display()))?;
        let topic = entry.file_name().to_string_lossy().into_owned();
        all.extend(specs.into_iter().map(|(name, spec)| Picture {
            name,
            topic: topic.clone(),
            spec,
        }));
    }
    all.sort_by(|a, b| (&a.topic, &a.name).cmp(&(&b.topic, &b.name)));
    ensure!(!all.is_empty(), "no picture in {}", chapters().display());
    Ok(all)
}

/// Builds the programs of all topics, once: `cargo test -p trace` alone
/// does not.
fn build(built: &Mutex<Option<Result<(), String>>>) -> Result<()> {
    let mut built = built.lock().unwrap_or_else(PoisonError::into_inner);
    let done = built.get_or_insert_with(|| {
        build_all().map_err(|error| format!("{error:#}"))
    });
    match done {
        Ok(()) => Ok(()),
        Err(problem) => bail!("{problem}"),
    }
}

fn build_all() -> Result<()> {
    let mut topics: Vec<String> = pictures()?
        .into_iter()
        .map(|picture| picture.topic)
        .collect();
    topics.dedup();
    // A client that a server of another topic is drawn with.
    topics.push("06-client".to_owned());
    let mut command = Command::new(env!("CARGO"));
    command
        .args(["build", "--quiet", "--bins"])
        .current_dir(chapters())
        .stdin(Stdio::null());
    for topic in topics {
        command.args(["--package", &format!("ch-{topic}")]);
    }
    let output = command.output().context("start cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// Where Cargo puts programs: beside the recorder.
fn program(name: &str) -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_trace")).with_file_name(name)
}

impl Picture {
    fn file(&self, ending: &str) -> PathBuf {
        let name = format!("{}.{ending}", self.name);
        chapters().join(&self.topic).join("recorded").join(name)
    }

    fn recorded(&self) -> Result<Recording> {
        let file = self.file("json");
        let text = fs::read_to_string(&file).with_context(|| {
            format!("read {} (`cargo record` writes it)", file.display())
        })?;
        serde_json::from_str(&text)
            .with_context(|| format!("read {}", file.display()))
    }

    /// Runs the program and compares, or keeps what came.
    fn holds(&self, asked: Asked) -> Result<()> {
        for _ in 0..asked.times {
            let now = self.run()?;
            ensure!(
                now.missing.is_empty(),
                "not everything was recorded: {:?}",
                now.missing
            );
            let varies = &self.spec.varies;
            let before = self.recorded();
            let same = before
                .as_ref()
                .is_ok_and(|old| old.gist(varies) == now.gist(varies));
            if same {
                continue;
            }
            if asked.record {
                let text = compact(&now)?;
                let file = self.file("json");
                fs::write(&file, text)
                    .with_context(|| format!("write {}", file.display()))?;
                continue;
            }
            let before = before?.gist(varies);
            let now = now.gist(varies);
            let both = similar::TextDiff::from_lines(&before, &now);
            bail!(
                "{} does otherwise than its recording says:\n{}\
                 If that is right, `cargo record` keeps it.",
                self.name,
                both.unified_diff().header("recorded", "now")
            );
        }
        Ok(())
    }

    fn run(&self) -> Result<Recording> {
        let spec = &self.spec;
        let first = spec.program.as_ref().unwrap_or(&self.name);
        let mut programs = vec![json!({
            "name": first, "path": program(first), "args": spec.args,
        })];
        for client in &spec.with {
            let mut words = client.split_whitespace();
            let name = words.next().context("a client's name")?;
            let args: Vec<&str> = words.collect();
            programs.push(json!({
                "name": name, "path": program(name), "args": args,
            }));
        }
        let mut command = vec![first.clone()];
        command.extend(spec.args.iter().cloned());
        let job = json!({
            "command": command.join(" "),
            "programs": programs,
            "limit": PATIENCE.as_secs(),
            "only": spec.only,
            "show": "json",
            "width": 80,
        });
        let ended =
            Program::start(env!("CARGO_BIN_EXE_trace"), &[&job.to_string()])?
                .end_within(PATIENCE * 2)?;
        ensure!(
            ended.status.success(),
            "the recorder ended with {}: {}",
            ended.status,
            ended.stderr
        );
        serde_json::from_str(&ended.stdout).context("read the recording")
    }

    /// Compares the picture and its words with what would be drawn now, or
    /// writes that.
    fn draw(&self, write: bool) -> Result<()> {
        let recording = self.recorded()?;
        let default = Options::default();
        let options = Options {
            rows_at_most: self.spec.rows.unwrap_or(default.rows_at_most),
        };
        let picture = layout(&recording, &options);
        for (ending, drawn) in [
            ("svg", svg::draw(&picture, &self.name)),
            ("words.md", words::markdown(&picture)),
        ] {
            let file = self.file(ending);
            let old = fs::read_to_string(&file).unwrap_or_default();
            if old == drawn {
                continue;
            }
            ensure!(
                write,
                "{} is not what its recording draws now; `cargo record` \
                 draws it anew",
                file.display()
            );
            fs::write(&file, drawn)
                .with_context(|| format!("write {}", file.display()))?;
        }
        Ok(())
    }
}

/// A recording as text, a line for each thing that happened.
fn compact(recording: &Recording) -> Result<String> {
    let value = serde_json::to_value(recording)?;
    let object = value.as_object().context("an object")?;
    let mut members = Vec::new();
    for (name, member) in object {
        let name = serde_json::to_string(name)?;
        members.push(match member.as_array() {
            Some(list) if !list.is_empty() => {
                let lines: Vec<String> =
                    list.iter().map(|item| format!("  {item}")).collect();
                format!("{name}: [\n{}\n]", lines.join(",\n"))
            }
            _ => format!("{name}: {member}"),
        });
    }
    Ok(format!("{{\n{}\n}}\n", members.join(",\n")))
}
