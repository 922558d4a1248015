//! What the grader says of common mistakes, for the instructor's pages: wrong
//! programs of the corpora are graded, and what a learner would read of each
//! is kept, a file for each exercise with an anchor for each program.
//!
//! ```sh
//! cargo test -p proof --test recordings             # compare
//! cargo test -p proof --test recordings -- --record # record anew
//! ```

use std::collections::BTreeMap;
use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use course::{Outcome, Verdict};
use serde_json::Value;
use testkit::Skip;
use testkit::grade::{self, Check, Exercise, Target};
use testkit::recordings::{self, Conversation};

/// Columns of a block on a page.
const PAGE: usize = 72;

/// The inputs are the same in every run, since pages quote them.
const SEED: u64 = 0x5f1c;

/// How many checks run at once: they wait more than they work.
const AT_ONCE: usize = 16;

/// The packages of the programs below.
const TOPICS: [&str; 3] = ["03-accept", "05-transfer", "08-server"];

/// The program that a learner is handed, beside those in `wrong/`.
const STUB: &str = "stub";

/// What differs from run to run, or from machine to machine.
const FIGURES: &[&str] = &[
    // The first digit of a port whose others are left out.
    r"127\.0\.0\.1:(\d)…",
    // How much the buffers between two sockets hold.
    r"who has\s+sent (\d{6,}) bytes",
    // A server that ends resets a connection if bytes on it were unread.
    concat!(
        "got: (the end of the stream|nothing, and then the end of the stream",
        "|ECONNRESET: Connection reset by peer)\n   where: the program has ended"
    ),
    // Where a program is that never sleeps.
    concat!(
        "where: (the program (?:runs|is still in)[^\n]*)",
        "\n     why: (?:select waits|at the end)"
    ),
];

/// A recording for each exercise, with these of its programs.
macro_rules! mistakes {
    [$($exercise:literal: $($program:literal)+,)+] => {
        &[$(Conversation {
            names: &[$exercise],
            figures: FIGURES,
            hold: || told($exercise, &[$($program),+]),
        }),+]
    };
}

const MISTAKES: &[Conversation] = mistakes![
    "dropped": "stub" "until_the_block_ends",
    "greeter": "reads_first" "keeps_the_last" "waits_until_they_leave"
        "ends_with_a_client" "leaks",
    "line-by-line": "one_read" "keeps_the_last_piece"
        "one_message_for_each_read" "first_newline_only"
        "fills_its_buffer_first" "forgets_the_tail",
    "one-bad-client": "stub" "mends_send_only" "waits_for_room",
    "crowd": "one_recv_is_one_line" "keeps_the_last_piece"
        "waits_for_the_newline" "zero_is_nothing_yet" "ends_at_a_reset"
        "always_asks_for_room" "waits_in_send",
];

fn main() -> ExitCode {
    if let Some(done) = grade::is_one_check(&judge::ALL) {
        return done;
    }
    recordings::main_with(env!("CARGO_MANIFEST_DIR"), &[], MISTAKES)
}

/// What the authors of these programs of an exercise are told.
fn told(exercise: &str, programs: &[&str]) -> Result<Vec<String>> {
    if !cfg!(target_os = "linux") {
        let why = "needs Linux, whose kernel tells where a program is";
        return Err(Skip(why.to_owned()).into());
    }
    let exercise = judge::ALL
        .into_iter()
        .find(|known| known.name == exercise)
        .with_context(|| format!("no exercise {exercise}"))?;
    let mistakes = programs
        .iter()
        .map(|program| Mistake::read(exercise, program))
        .collect::<Result<Vec<_>>>()?;
    let mut text = String::new();
    for (mistake, outcomes) in mistakes.iter().zip(outcomes(&mistakes)?) {
        let told = mistake.told(&outcomes)?;
        let name = mistake.program;
        let _ = write!(text, "ANCHOR: {name}\n{told}ANCHOR_END: {name}\n");
    }
    Ok(vec![text])
}

/// A program that makes it.
struct Mistake<'a> {
    exercise: &'static Exercise,
    program: &'a str,
    /// What it does, in the words of its header.
    what: String,
    /// The checks that it fails, in the order of the task: `cargo test -p
    /// proof` proves that it fails these and no other.
    fails: Vec<&'static Check>,
}

impl<'a> Mistake<'a> {
    fn read(
        exercise: &'static Exercise,
        program: &'a str,
    ) -> Result<Mistake<'a>> {
        let checks = exercise.checks.iter();
        if program == STUB {
            return Ok(Mistake {
                exercise,
                program,
                what: "The program as it is handed out.".to_owned(),
                fails: checks.collect(),
            });
        }
        let file = top().join(format!(
            "solutions/{}/wrong/{}/{program}.rs",
            exercise.topic, exercise.name
        ));
        let text = fs::read_to_string(&file)
            .with_context(|| format!("read {}", file.display()))?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix("//! ")?.strip_prefix(name))
                .with_context(|| format!("{}: no {name}", file.display()))
        };
        let fails: Vec<&str> = field("Fails: ")?.split(", ").collect();
        Ok(Mistake {
            exercise,
            program,
            what: format!("The mistake: {}", field("Wrong: ")?),
            fails: checks.filter(|c| fails.contains(&c.name)).collect(),
        })
    }

    /// The mistake, the points, the first failure in full, and the names of
    /// the others: often they have the same cause.
    fn told(&self, outcomes: &[Outcome]) -> Result<String> {
        let failed: Vec<&Outcome> = outcomes
            .iter()
            // Of a program that is handed out, some may pass.
            .filter(|o| self.program != STUB || o.verdict != Verdict::Passed)
            .collect();
        for outcome in &failed {
            ensure!(
                outcome.verdict == Verdict::Failed,
                "{}, {}: {:?}, {}",
                self.program,
                outcome.check,
                outcome.verdict,
                outcome.folded()
            );
        }
        let (first, others) =
            failed.split_first().context("a wrong program passes")?;
        let points = self.exercise.manifest()?.points;
        let of: u32 = points.values().sum();
        let lost: u32 = failed.iter().map(|outcome| outcome.of).sum();
        let mut text = fill(&self.what, "");
        let _ = writeln!(text, "{} of {of} points\n", of - lost);
        text += &fill(&sentence(&first.check), "");
        for line in first.story().lines() {
            text += &fill(line, "          ");
        }
        for (at, outcome) in others.iter().enumerate() {
            text += if at == 0 { "\nnot yet either:\n" } else { "" };
            text += &fill(&format!("  {}", sentence(&outcome.check)), "    ");
        }
        Ok(text)
    }
}

fn sentence(check: &str) -> String {
    check.replace('_', " ")
}

/// The text as lines of a page, with this indent from the second one on.
fn fill(text: &str, indent: &str) -> String {
    let options = textwrap::Options::new(PAGE)
        .subsequent_indent(indent)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(true);
    textwrap::fill(text, options) + "\n"
}

/// What comes of the checks that these programs fail.
fn outcomes(mistakes: &[Mistake<'_>]) -> Result<Vec<Vec<Outcome>>> {
    let built = built()?;
    let mut jobs = Vec::new();
    for (at, mistake) in mistakes.iter().enumerate() {
        let (exercise, program) = (mistake.exercise, mistake.program);
        let side = if program == STUB { STUB } else { "corpus" };
        let binary = format!("{side}-{}", exercise.name);
        let path = built
            .get(&binary)
            .with_context(|| format!("Cargo built no {binary}"))?;
        let target = Target {
            path: path.clone(),
            name: (program != STUB).then(|| program.to_owned()),
        };
        let checks = mistake.fails.iter();
        jobs.extend(checks.map(|check| (at, exercise, *check, target.clone())));
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((_, exercise, check, target)) =
                    jobs.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    let outcome = one(exercise, check, target);
                    lock(&done)
                        .insert((target.name.clone(), check.name), outcome);
                }
            });
        }
    });
    let mut done = lock(&done);
    let mut all = vec![Vec::new(); mistakes.len()];
    for (at, _, check, target) in &jobs {
        let key = (target.name.clone(), check.name);
        all[*at].push(done.remove(&key).context("no outcome")??);
    }
    Ok(all)
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What comes of one check.
fn one(
    exercise: &'static Exercise,
    check: &Check,
    target: &Target,
) -> Result<Outcome> {
    let alone = Exercise {
        // A few bytes for each run of a check, in a test.
        checks: Box::leak(Box::new([Check { ..*check }])),
        ..*exercise
    };
    let outcomes = grade::outcomes(&alone, target, None, SEED)?;
    outcomes
        .into_iter()
        .next()
        .context("a check has an outcome")
}

/// The programs, by the names of their binaries: built once.
fn built() -> Result<&'static BTreeMap<String, PathBuf>> {
    static BUILT: OnceLock<Result<BTreeMap<String, PathBuf>>> = OnceLock::new();
    match BUILT.get_or_init(build) {
        Ok(built) => Ok(built),
        Err(error) => bail!("{error:#}"),
    }
}

fn build() -> Result<BTreeMap<String, PathBuf>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--quiet", "--message-format", "json"])
        .current_dir(top())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    for topic in TOPICS {
        command.args(["-p", &format!("sol-{topic}")]);
    }
    command.args(["--bin", "corpus-*", "--bin", "stub-*"]);
    let output = command.output().context("run cargo build")?;
    ensure!(output.status.success(), "cargo build failed");
    let mut built = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let message: Value = serde_json::from_str(line)?;
        if let (Some(name), Some(path)) = (
            message["target"]["name"].as_str(),
            message["executable"].as_str(),
        ) {
            built.insert(name.to_owned(), path.into());
        }
    }
    Ok(built)
}

/// The project's top folder.
fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
