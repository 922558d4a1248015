//! The proof that the checks of an exercise tell right from wrong.
//!
//! For each exercise: the reference and every program in `also-right/` pass
//! every check; the stub fails; every program in `wrong/` fails exactly the
//! checks that its header names, in words that lead to the mistake; and each
//! check has a wrong program that only it catches.
//!
//! A header names what is to be proven, a line for each:
//!
//! ```text
//! //! Wrong: takes what one recv returns for one message.
//! //! Fails: a_message_in_two_pieces_is_one
//! //! Told: expected: the program prints
//! //! Believes: one-send-is-one-recv
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use course::{Bet, Kind, Outcome, Topic, Verdict};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde::Deserialize;

use crate::grade::{Exercise, Options, Runner, Target, say, serve};
use crate::load::Load;
use crate::program::{PATIENCE, Program};
use crate::{machine, recordings};

/// Proves the checks of all exercises at once: the body of a test target.
pub fn main(exercises: &[&'static Exercise]) -> ExitCode {
    if let Some(done) = serve(exercises, None) {
        return done;
    }
    let (options, arguments) = Options::take();
    prove(exercises, &options, &arguments)
}

pub(crate) fn prove(
    exercises: &[&'static Exercise],
    options: &Options,
    arguments: &Arguments,
) -> ExitCode {
    match try_to_prove(exercises, options, arguments) {
        Ok(code) => code,
        Err(error) => {
            say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// How many checks run at once for each processor. They wait more than they
/// work, above all those of programs that hang.
const AT_ONCE: usize = 10;

fn try_to_prove(
    exercises: &[&'static Exercise],
    options: &Options,
    arguments: &Arguments,
) -> Result<ExitCode> {
    let bets = if options.prove {
        Vec::new()
    } else {
        bets(exercises)?
    };
    let programs = build(exercises, &bets)?;
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let prover = Arc::new(Prover {
        runner: Runner::new(options.surroundings, options.seed)?,
        times: options.times,
        gate: Gate::new(AT_ONCE * cores),
        runs: AtomicUsize::new(0),
        failures: AtomicUsize::new(0),
        again: AtomicUsize::new(0),
    });
    let mut trials = Vec::new();
    for exercise in exercises {
        trials.extend(trials_of(exercise, &programs, &prover)?);
    }
    for bet in bets {
        trials.push(trial_of(bet, &programs)?);
    }
    let load = Load::start(options.busy);
    let conclusion = libtest_mimic::run(arguments, trials);
    drop(load);
    if !arguments.list {
        say(format_args!(
            "{} check runs, {} of them failed; {} wrong programs tried once \
             more; {}",
            prover.runs.load(Ordering::Relaxed),
            prover.failures.load(Ordering::Relaxed),
            prover.again.load(Ordering::Relaxed),
            prover.runner,
        ));
    }
    Ok(conclusion.exit_code())
}

/// The project's top folder.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The bets of the topics of these exercises.
fn bets(exercises: &[&Exercise]) -> Result<Vec<Bet>> {
    let topics: BTreeMap<&str, &str> =
        exercises.iter().map(|e| (e.topic, e.manifest)).collect();
    let mut bets = Vec::new();
    for (topic, manifest) in topics {
        let table = Topic::parse(manifest)
            .with_context(|| format!("{topic}/exercises.toml"))?;
        bets.extend(table.bets);
    }
    Ok(bets)
}

/// The package of a program of the chapters.
fn package_of(program: &str) -> Result<String> {
    let chapters = top().join("chapters");
    for entry in fs::read_dir(&chapters).context("read chapters")? {
        let entry = entry?;
        let file = entry.path().join(format!("src/bin/{program}.rs"));
        if file.is_file() {
            let folder = entry.file_name();
            return Ok(format!("ch-{}", folder.to_string_lossy()));
        }
    }
    bail!("no program {program} in the chapters")
}

/// A bet is proven by a run of its program: one answer holds, and only one.
fn trial_of(bet: Bet, programs: &BTreeMap<String, PathBuf>) -> Result<Trial> {
    let path = programs
        .get(&bet.program)
        .with_context(|| format!("Cargo built no {}", bet.program))?
        .to_string_lossy()
        .into_owned();
    let name = format!("bet/{}", bet.name);
    Ok(recordings::test(&name, move || {
        if let Some(why) = machine::lacks_any(&bet.needs) {
            return Ok(Some(why));
        }
        let args: Vec<&str> = bet.args.iter().map(String::as_str).collect();
        let ended = Program::start(&path, &args)?.end_within(PATIENCE)?;
        let output = ended.stdout;
        if let Err(problem) = bet.settle(&output) {
            bail!("{problem}:\n{output}");
        }
        Ok(None)
    }))
}

/// Builds the programs of these exercises and finds where they are, from
/// what Cargo says: the path by the binary's name.
fn build(
    exercises: &[&Exercise],
    bets: &[Bet],
) -> Result<BTreeMap<String, PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--message-format", "json"])
        .current_dir(top())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let topics: BTreeSet<_> = exercises.iter().map(|e| e.topic).collect();
    for topic in topics {
        command.args(["-p", &format!("sol-{topic}")]);
    }
    for exercise in exercises {
        for side in ["sol", "stub", "corpus"] {
            command.args(["--bin", &format!("{side}-{}", exercise.name)]);
        }
    }
    for bet in bets {
        command.args(["-p", &package_of(&bet.program)?]);
        command.args(["--bin", &bet.program]);
    }
    let output = command.output().context("run cargo build")?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut programs = BTreeMap::new();
    for line in messages.lines().filter(|line| line.starts_with('{')) {
        let message: Message = serde_json::from_str(line)?;
        if let (Some(target), Some(path)) = (message.target, message.executable)
        {
            programs.insert(target.name, path);
        }
        if let Some(diagnostic) = message.diagnostic {
            say(diagnostic.rendered.unwrap_or_default());
            // A stub or a corpus with a warning is not what it should be.
            ensure!(output.status.success(), "cargo build failed");
            bail!("the programs of the proof must compile without warnings");
        }
    }
    ensure!(output.status.success(), "cargo build failed");
    Ok(programs)
}

/// What Cargo says of one target.
#[derive(Deserialize)]
struct Message {
    target: Option<CargoTarget>,
    executable: Option<PathBuf>,
    #[serde(rename = "message")]
    diagnostic: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct CargoTarget {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    rendered: Option<String>,
}

/// What the header of a wrong program promises.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Header {
    fails: BTreeSet<String>,
    told: String,
}

impl Header {
    fn read(file: &Path) -> Result<Header> {
        let text = fs::read_to_string(file)?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix("//! ")?.strip_prefix(name))
                .map(|value| value.trim().to_owned())
                .with_context(|| {
                    format!("{}: no line //! {name}", file.display())
                })
        };
        field("Wrong:")?;
        Ok(Header {
            fails: field("Fails:")?
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect(),
            told: field("Told:")?,
        })
    }
}

/// The programs in one folder of a corpus, by name.
fn corpus(
    exercise: &Exercise,
    side: &str,
) -> Result<BTreeMap<String, PathBuf>> {
    let folder = top()
        .join("solutions")
        .join(exercise.topic)
        .join(side)
        .join(exercise.name);
    let mut programs = BTreeMap::new();
    let Ok(entries) = fs::read_dir(&folder) else {
        return Ok(programs);
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        programs.insert(name.into_owned(), path.clone());
    }
    Ok(programs)
}

/// A program of an exercise: `sol`, `stub` or one of its `corpus`.
fn find(
    programs: &BTreeMap<String, PathBuf>,
    side: &str,
    exercise: &Exercise,
    program: Option<&str>,
) -> Result<Target> {
    let binary = format!("{side}-{}", exercise.name);
    let path = programs
        .get(&binary)
        .with_context(|| format!("Cargo built no {binary}"))?;
    Ok(Target {
        path: path.clone(),
        name: program.map(str::to_owned),
    })
}

fn trials_of(
    exercise: &'static Exercise,
    programs: &BTreeMap<String, PathBuf>,
    prover: &Arc<Prover>,
) -> Result<Vec<Trial>> {
    let name = exercise.name;
    let kind = exercise.manifest()?.kind;
    let target = |side: &str, program: Option<&str>| {
        find(programs, side, exercise, program)
    };
    let trial = |what: &str, run: Box<dyn FnOnce(&Prover) -> Done + Send>| {
        let prover = Arc::clone(prover);
        Trial::ignorable_test(format!("{name}/{what}"), move || {
            match run(&prover) {
                Ok(None) => Ok(Completion::Completed),
                Ok(Some(why)) => Ok(Completion::ignored_with(why)),
                Err(error) => Err(Failed::from(format!("{error:#}"))),
            }
        })
    };

    let mut trials = Vec::new();
    let reference = target("sol", None)?;
    trials.push(trial(
        "reference",
        Box::new(move |p| p.right(exercise, &reference)),
    ));
    let stub = target("stub", None)?;
    let all = kind != Kind::Mend;
    trials.push(trial(
        "stub",
        Box::new(move |p| p.stub(exercise, &stub, all)),
    ));
    for program in corpus(exercise, "also-right")?.into_keys() {
        let target = target("corpus", Some(&program))?;
        trials.push(trial(
            &format!("also-right/{program}"),
            Box::new(move |p| p.right(exercise, &target)),
        ));
    }
    for (program, file) in corpus(exercise, "wrong")? {
        let target = target("corpus", Some(&program))?;
        trials.push(trial(
            &format!("wrong/{program}"),
            Box::new(move |p| {
                p.wrong(exercise, &target, &Header::read(&file)?)
            }),
        ));
    }
    trials.push(trial("checks", Box::new(move |_| needed(exercise))));
    Ok(trials)
}

/// Passed, or skipped for a reason, or failed.
type Done = Result<Option<String>>;

/// Whether the manifest, the corpora and the checks fit each other.
fn needed(exercise: &Exercise) -> Done {
    let manifest = exercise.manifest()?;
    let checks: BTreeSet<&str> =
        exercise.checks.iter().map(|check| check.name).collect();
    let pointed: BTreeSet<&str> =
        manifest.points.keys().map(String::as_str).collect();
    ensure!(
        checks == pointed,
        "checks {checks:?}, but points for {pointed:?}"
    );
    let right = corpus(exercise, "also-right")?;
    for (name, file) in &right {
        let text = fs::read_to_string(file)?;
        ensure!(
            text.starts_with("//! Right: "),
            "{name}: no //! Right: line"
        );
    }
    let wrong = corpus(exercise, "wrong")?;
    let mut alone = BTreeSet::new();
    for (name, file) in &wrong {
        let header = Header::read(file)?;
        for check in &header.fails {
            ensure!(
                checks.contains(check.as_str()),
                "{name} fails {check:?}, which is no check"
            );
        }
        if header.fails.len() == 1 {
            alone.extend(header.fails);
        }
    }
    if manifest.kind == Kind::Mend {
        // Its stub is the wrong program.
        return Ok(None);
    }
    ensure!(
        right.len() >= 3,
        "{} also-right programs, of 3",
        right.len()
    );
    ensure!(wrong.len() >= 6, "{} wrong programs, of 6", wrong.len());
    for check in checks {
        ensure!(
            alone.contains(check),
            "no wrong program fails {check} and nothing else"
        );
    }
    Ok(None)
}

struct Prover {
    runner: Runner,
    times: usize,
    gate: Gate,
    runs: AtomicUsize,
    failures: AtomicUsize,
    /// How often a wrong program was tried once more.
    again: AtomicUsize,
}

impl Prover {
    /// Runs every check, all at once as far as the gate lets them.
    fn grade(
        &self,
        exercise: &Exercise,
        target: &Target,
        time: usize,
    ) -> Vec<Outcome> {
        thread::scope(|scope| {
            let running: Vec<_> = exercise
                .checks
                .iter()
                .map(|check| {
                    scope.spawn(move || {
                        let _pass = self.gate.pass();
                        self.runner.run(exercise, check, target, time)
                    })
                })
                .collect();
            running
                .into_iter()
                .filter_map(|check| check.join().ok())
                .inspect(|outcome| {
                    self.runs.fetch_add(1, Ordering::Relaxed);
                    if outcome.verdict != Verdict::Passed {
                        self.failures.fetch_add(1, Ordering::Relaxed);
                    }
                })
                .collect()
        })
    }

    /// A right program passes every check, every time.
    fn right(&self, exercise: &Exercise, target: &Target) -> Done {
        let mut skipped = None;
        for time in 0..self.times {
            for outcome in self.grade(exercise, target, time) {
                match outcome.verdict {
                    Verdict::Passed => {}
                    Verdict::Skipped => {
                        let why = outcome.folded();
                        skipped = Some(format!("{}: {why}", outcome.check));
                    }
                    Verdict::Failed | Verdict::GraderError => bail!(
                        "{} ({:?}, run {}, seed {})\n{}",
                        outcome.check,
                        outcome.verdict,
                        time + 1,
                        outcome.seed,
                        outcome.story()
                    ),
                }
            }
        }
        Ok(skipped)
    }

    /// A stub fails: every check where there is nothing yet, some where
    /// there is something to mend.
    fn stub(&self, exercise: &Exercise, target: &Target, all: bool) -> Done {
        let outcomes = self.grade(exercise, target, 0);
        no_grader_error(&outcomes)?;
        let failed = outcomes
            .iter()
            .filter(|outcome| outcome.verdict != Verdict::Passed)
            .count();
        let count = outcomes.len();
        if all {
            ensure!(failed == count, "fails {failed} of {count} checks");
        } else {
            ensure!(
                0 < failed && failed < count,
                "to be mended, but fails {failed} of {count} checks"
            );
        }
        Ok(None)
    }

    /// A wrong program fails what its header says, and is told so in words
    /// that help.
    ///
    /// One whose mistake is a matter of time (it begins its time anew, say)
    /// may pass for once where the machine lets the check itself wait. So one
    /// that fails less than its header says is tried again, and counted; one
    /// that fails anything else is not.
    fn wrong(
        &self,
        exercise: &Exercise,
        target: &Target,
        header: &Header,
    ) -> Done {
        const TRIES: usize = 3;

        for time in 0..self.times {
            for another in 1.. {
                let outcomes =
                    self.grade(exercise, target, time * TRIES + another);
                no_grader_error(&outcomes)?;
                if let Some(skipped) = outcomes.iter().find(|outcome| {
                    outcome.verdict == Verdict::Skipped
                        && header.fails.contains(&outcome.check)
                }) {
                    return Ok(Some(skipped.folded()));
                }
                match header.fits(&outcomes) {
                    Ok(()) => break,
                    Err(Misfit::Less(_)) if another < TRIES => {
                        self.again.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(Misfit::Less(text) | Misfit::Other(text)) => {
                        bail!("run {}: {text}", time + 1)
                    }
                }
            }
        }
        Ok(None)
    }
}

/// How a wrong program does otherwise than its header says.
enum Misfit {
    /// It passes what it should fail.
    Less(String),
    /// It fails something else, or is told something else.
    Other(String),
}

impl Header {
    fn fits(&self, outcomes: &[Outcome]) -> Result<(), Misfit> {
        let failing: Vec<&Outcome> = outcomes
            .iter()
            .filter(|outcome| outcome.verdict == Verdict::Failed)
            .collect();
        let fails: BTreeSet<String> =
            failing.iter().map(|o| o.check.clone()).collect();
        let stories: Vec<String> = failing
            .iter()
            .map(|o| format!("{}\n{}", o.check, o.story()))
            .collect();
        if fails != self.fails {
            let text = format!(
                "should fail {:?}, but fails {fails:?}\n{}",
                self.fails,
                stories.join("\n")
            );
            return Err(if fails.is_subset(&self.fails) {
                Misfit::Less(text)
            } else {
                Misfit::Other(text)
            });
        }
        let first = stories.first().map_or("", String::as_str);
        if first.contains(&self.told) {
            return Ok(());
        }
        Err(Misfit::Other(format!(
            "its author should be told {:?}, but is told\n{first}",
            self.told
        )))
    }
}

fn no_grader_error(outcomes: &[Outcome]) -> Result<()> {
    for outcome in outcomes {
        ensure!(
            outcome.verdict != Verdict::GraderError,
            "{}: grader error\n{}",
            outcome.check,
            outcome.story()
        );
    }
    Ok(())
}

/// Lets so many through at once.
struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Gate {
    fn new(places: usize) -> Gate {
        Gate {
            free: Mutex::new(places),
            freed: Condvar::new(),
        }
    }

    fn pass(&self) -> Pass<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self
            .freed
            .wait_while(free, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        Pass(self)
    }
}

struct Pass<'a>(&'a Gate);

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
    }
}
