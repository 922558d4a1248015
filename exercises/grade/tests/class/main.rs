//! The grading of a small class, from outside: rows, crashes, the same seed,
//! rosters, packs, merging, the exit codes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use course::Verdict;
use grade::{Build, Grade, Source, Status};
use libtest_mimic::Arguments;
use nix::sys::signal::Signal;
use nix::unistd::mkdtemp;
use testkit::program::Ended;
use testkit::{Program, Skip, trial};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each uses every processor.
    arguments.test_threads.get_or_insert(1);
    let trials = vec![
        trial("a_class_has_its_marks", &[], marks),
        trial("everybody_has_a_row_whenever_it_is_killed", &[], killed),
        trial("the_same_seed_gives_the_same_record", &[], same_seed),
        trial("what_has_its_marks_keeps_them", &[], kept),
        trial("a_signal_ends_it_and_leaves_nothing", &[], ended),
        trial("parts_are_merged_into_one", &[], merged),
        trial("only_the_exercises_asked_for_count", &[], selected),
        trial("misuse_is_told", &[], misuse),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// How long a small class may take, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// A folder with a class in it.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn top() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    top.canonicalize().unwrap_or(top)
}

impl Folder {
    fn new() -> Result<Folder> {
        let folder = mkdtemp(&std::env::temp_dir().join("class-XXXXXX"))?;
        fs::create_dir(folder.join("in"))?;
        Ok(Folder(folder))
    }

    fn out(&self) -> PathBuf {
        self.0.join("out")
    }

    /// Hands in a file for `dropped`, which is checked in a moment.
    fn hand_in(&self, name: &str, text: &str) -> Result<()> {
        let folder = self.0.join("in").join(name);
        fs::create_dir_all(&folder)?;
        Ok(fs::write(folder.join("dropped.rs"), text)?)
    }

    /// A class of seven, two of whom are only in the roster or only not.
    fn class() -> Result<Folder> {
        let folder = Folder::new()?;
        let read = |path: &str| fs::read_to_string(top().join(path));
        let right = read("solutions/03-accept/src/bin/dropped.rs")?;
        let wrong = read("solutions/03-accept/wrong/dropped/a_list.rs")
            .or_else(|_| {
                read("solutions/03-accept/wrong/dropped/keeps_the_number.rs")
            })?;
        folder.hand_in("right", &right)?;
        folder.hand_in("also", &format!("{right}\n// other\n"))?;
        folder.hand_in("wrong", &wrong)?;
        folder.hand_in("broken", "fn main() { let x: u8 = \"a\"; }\n")?;
        folder
            .hand_in("stub", &read("exercises/03-accept/stubs/dropped.rs")?)?;
        fs::create_dir(folder.0.join("in/nothing"))?;
        fs::write(folder.0.join("in/damaged.zip"), "no zip")?;
        fs::write(
            folder.0.join("class.csv"),
            "name,id\nAna A.,right\nBo B.,wrong\nCy C.,absent\n",
        )?;
        Ok(folder)
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
        command
            .arg(self.0.join("in"))
            .arg("--out")
            .arg(self.out())
            .arg("--accept-weak-isolation")
            .args(more)
            .stdin(Stdio::null());
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "CARGO"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    fn grade(&self, more: &[&str]) -> Result<Ended> {
        Program::start_as("grade", self.command(more))?.end_within(PATIENCE)
    }

    fn grades(&self) -> Result<BTreeMap<String, Grade>> {
        grades(&self.out())
    }

    fn roster(&self) -> String {
        self.0.join("class.csv").to_string_lossy().into_owned()
    }
}

fn grades(out: &Path) -> Result<BTreeMap<String, Grade>> {
    let mut grades = BTreeMap::new();
    for entry in fs::read_dir(out.join("grades"))? {
        let file = entry?.path().join("grade.json");
        let text = fs::read(&file)
            .with_context(|| format!("read {}", file.display()))?;
        let grade: Grade = serde_json::from_slice(&text)
            .with_context(|| format!("read {}", file.display()))?;
        grades.insert(grade.submission.clone(), grade);
    }
    Ok(grades)
}

/// Seven in the folder, one in the roster alone.
const ALL: [&str; 8] = [
    "absent", "also", "broken", "damaged", "nothing", "right", "stub", "wrong",
];

fn names(grades: &BTreeMap<String, Grade>) -> Vec<&str> {
    grades.keys().map(String::as_str).collect()
}

fn of<'a>(
    grades: &'a BTreeMap<String, Grade>,
    name: &str,
) -> Result<&'a grade::ExerciseGrade> {
    let grade = grades.get(name).with_context(|| format!("no {name}"))?;
    let found = grade.exercises.iter().find(|e| e.name == "dropped");
    found.with_context(|| format!("{name}: no dropped"))
}

fn marks() -> Result<()> {
    let folder = Folder::class()?;
    let ended = folder.grade(&["--roster", &folder.roster()])?;
    // One of them can't be read, and has no marks.
    ensure!(ended.code() == Some(1), "{ended:?}");
    ensure!(
        ended.stderr.contains("6 graded, 1 missing, 1 not graded"),
        "{ended:?}"
    );
    let grades = folder.grades()?;
    ensure!(names(&grades) == ALL, "{:?}", names(&grades));
    for name in ["right", "also"] {
        let exercise = of(&grades, name)?;
        ensure!(exercise.passed(), "{exercise:#?}");
        ensure!(grades[name].points() == exercise.of(), "{name}");
    }
    let wrong = of(&grades, "wrong")?;
    ensure!(!wrong.passed() && wrong.build == Build::Built, "{wrong:#?}");
    let broken = of(&grades, "broken")?;
    match &broken.build {
        Build::Failed { message } => ensure!(
            message.contains("mismatched types")
                && message.contains("exercises/03-accept/src/bin/dropped.rs"),
            "{message}"
        ),
        other => bail!("{other:?}"),
    }
    ensure!(
        broken.points() == 0 && broken.checks.len() == 3,
        "{broken:#?}"
    );
    ensure!(of(&grades, "stub")?.source == Source::Untouched, "the stub");
    let nothing = of(&grades, "nothing")?;
    ensure!(nothing.source == Source::Missing, "{nothing:?}");
    ensure!(nothing.points() == 0 && nothing.of() > 0, "{nothing:?}");
    ensure!(grades["absent"].status == Status::Missing, "absent");
    let student = grades["right"].student.as_ref().context("a student")?;
    ensure!(student.name == "Ana A.", "{student:?}");
    ensure!(
        grades["also"].notes.iter().any(|n| n.contains("roster")),
        "{:?}",
        grades["also"].notes
    );
    match &grades["damaged"].status {
        Status::NotGraded { reason } => {
            ensure!(reason.contains("zip"), "{reason}");
        }
        other => bail!("{other:?}"),
    }
    Ok(())
}

/// Kills the grader when its journal has 0, 1, 2, … lines, and looks whether
/// everybody has a row; then lets it go on.
fn killed() -> Result<()> {
    let folder = Folder::class()?;
    let roster = folder.roster();
    let more = ["--roster", &roster, "--seed", "5f1c"];
    let journal = folder.out().join("journal.ndjson");
    let lines = || {
        let text = fs::read_to_string(&journal).unwrap_or_default();
        text.lines().count()
    };
    let mut kills = 0;
    for least in [0, 1, 2, 3, 5, 8, 12] {
        let program = Program::start_as("grade", folder.command(&more))?;
        let until = Instant::now() + PATIENCE;
        while lines() < least && !program.has_ended() {
            ensure!(Instant::now() < until, "no line {least}");
            nix::poll::poll(&mut [], 2_u8)?;
        }
        if least == 0 {
            // The rows are there before anything is run.
            let whole = || folder.grades().is_ok_and(|g| g.len() == ALL.len());
            while !whole() {
                ensure!(Instant::now() < until, "no rows");
                nix::poll::poll(&mut [], 2_u8)?;
            }
        }
        program.signal(Signal::SIGKILL)?;
        let killed = program.end_within(PATIENCE)?;
        kills += usize::from(killed.signal().is_some());
        let grades = folder.grades()?;
        ensure!(names(&grades) == ALL, "{:?} after {least}", names(&grades));
        if killed.signal().is_none() {
            break;
        }
    }
    ensure!(kills >= 4, "killed {kills} times only");
    let ended = folder.grade(&more)?;
    ensure!(ended.code() == Some(1), "{ended:?}");
    let grades = folder.grades()?;
    ensure!(names(&grades) == ALL, "{:?}", names(&grades));
    ensure!(of(&grades, "right")?.passed(), "right");
    ensure!(grades["wrong"].status == Status::Graded, "wrong");
    // As if nothing had happened.
    let other = Folder::class()?;
    other.grade(&more)?;
    ensure!(
        timeless(&grades) == timeless(&other.grades()?),
        "they differ"
    );
    Ok(())
}

/// Without what no two runs have in common.
fn timeless(grades: &BTreeMap<String, Grade>) -> BTreeMap<String, Grade> {
    let mut grades = grades.clone();
    for grade in grades.values_mut() {
        grade.started.clear();
        grade.milliseconds = 0;
        grade.build_milliseconds = 0;
        for exercise in &mut grade.exercises {
            for check in &mut exercise.checks {
                check.outcome.milliseconds = 0;
                // Ports are the kernel's choice, and where a program is when
                // it is looked at is the scheduler's.
                check.outcome.steps.clear();
                check.outcome.failure = None;
            }
        }
    }
    grades
}

fn same_seed() -> Result<()> {
    let mut all = Vec::new();
    for _ in 0..2 {
        let folder = Folder::class()?;
        folder.grade(&["--seed", "5f1c"])?;
        all.push(timeless(&folder.grades()?));
    }
    ensure!(all[0] == all[1], "{all:#?}");
    let outcome = &of(&all[0], "right")?.checks[0].outcome;
    ensure!(outcome.seed == "5f1c", "{outcome:?}");
    ensure!(outcome.verdict == Verdict::Passed, "{outcome:?}");
    Ok(())
}

fn kept() -> Result<()> {
    let folder = Folder::class()?;
    folder.grade(&[])?;
    let first = folder.grades()?;
    let started = |lines: &str| lines.matches("\"event\":\"program\"").count();
    let journal = folder.out().join("journal.ndjson");
    let before = started(&fs::read_to_string(&journal)?);
    folder.grade(&[])?;
    let second = folder.grades()?;
    let after = started(&fs::read_to_string(&journal)?);
    ensure!(before == after, "{before} programs, then {after}");
    ensure!(first["right"] == second["right"], "the record has changed");

    // Only what has not passed.
    folder.grade(&["--regrade", "failed"])?;
    let failed = started(&fs::read_to_string(&journal)?);
    // `wrong`, `broken` and the stub.
    ensure!(failed == after + 3, "{after} programs, then {failed}");
    folder.grade(&["--regrade", "right"])?;
    let one = started(&fs::read_to_string(&journal)?);
    ensure!(one == failed + 1, "{failed} programs, then {one}");

    // A file that has changed is another program.
    folder.hand_in("right", "fn main() {}\n")?;
    folder.grade(&["--only", "right"])?;
    let third = folder.grades()?;
    ensure!(!of(&third, "right")?.passed(), "it is graded anew");
    ensure!(third["also"] == second["also"], "others keep their records");
    Ok(())
}

/// Processes of this machine that run a check or the compiler for a grader.
fn at_work() -> usize {
    let own = env!("CARGO_BIN_EXE_grade");
    let parts = [format!("{own}\0--one-check"), format!("{own}\0--confined")];
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let line = fs::read(entry.path().join("cmdline"));
            let line = line.unwrap_or_default();
            parts.iter().any(|part| line.starts_with(part.as_bytes()))
        })
        .count()
}

fn ended() -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Err(Skip("needs Linux".into()).into());
    }
    let folder = Folder::class()?;
    let journal = folder.out().join("journal.ndjson");
    let program = Program::start_as("grade", folder.command(&[]))?;
    let until = Instant::now() + PATIENCE;
    let begun = || fs::metadata(&journal).is_ok_and(|meta| meta.len() > 0);
    while !begun() && !program.has_ended() {
        ensure!(Instant::now() < until, "nothing begins");
        nix::poll::poll(&mut [], 2_u8)?;
    }
    program.signal(Signal::SIGINT)?;
    let ended = program.end_within(PATIENCE)?;
    ensure!(ended.signal() == Some(Signal::SIGINT as i32), "{ended:?}");
    ensure!(
        ended.stderr.contains("the same command goes on"),
        "{ended:?}"
    );
    while at_work() > 0 {
        ensure!(Instant::now() < until, "something still runs");
        nix::poll::poll(&mut [], 2_u8)?;
    }
    Ok(())
}

fn merged() -> Result<()> {
    let mut parts = Vec::new();
    for names in [["right", "wrong"], ["right", "also"]] {
        let class = Folder::class()?;
        for entry in fs::read_dir(class.0.join("in"))? {
            let entry = entry?;
            if !names.iter().any(|name| entry.file_name() == *name) {
                let path = entry.path();
                if path.is_dir() {
                    fs::remove_dir_all(path)?;
                } else {
                    fs::remove_file(path)?;
                }
            }
        }
        let ended = class.grade(&[])?;
        ensure!(ended.code() == Some(0), "{ended:?}");
        parts.push(class);
    }
    let folder = Folder::class()?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
    command
        .arg("--merge")
        .arg(parts[0].out())
        .arg(parts[1].out().join("grades/also/grade.json"))
        .arg("--out")
        .arg(folder.out())
        .args(["--roster", &folder.roster()])
        .stdin(Stdio::null());
    let ended = Program::start_as("grade", command)?.end_within(PATIENCE)?;
    ensure!(ended.code() == Some(0), "{ended:?}");
    let grades = folder.grades()?;
    let expected = ["absent", "also", "right", "wrong"];
    ensure!(names(&grades) == expected, "{:?}", names(&grades));
    ensure!(of(&grades, "right")?.passed(), "right");
    ensure!(grades["absent"].status == Status::Missing, "absent");
    Ok(())
}

fn selected() -> Result<()> {
    let folder = Folder::class()?;
    for (name, count) in [("dropped", 1), ("03-accept", 2)] {
        folder.grade(&["--exercise", name])?;
        let grades = folder.grades()?;
        let right = of(&grades, "right")?;
        ensure!(right.passed(), "{name}: right");
        let all = &grades["right"].exercises;
        ensure!(all.len() == count, "{name}: {all:?}");
    }
    Ok(())
}

fn misuse() -> Result<()> {
    let folder = Folder::class()?;
    for (args, told) in [
        (&["--seed", "xyz"][..], "hexadecimal"),
        (&["--only", "nobody"], "there is no submission \"nobody\""),
        (&["--exercise", "nothing"], "no exercise and no topic"),
        (&["--isolation", "4"], "0..=3"),
        (&["--nonsense"], "unexpected argument"),
    ] {
        let ended = folder.grade(args)?;
        ensure!(ended.code() == Some(2), "{args:?}: {ended:?}");
        ensure!(ended.stderr.contains(told), "{args:?}: {ended:?}");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_grade"));
    command
        .args(["/no/such/folder", "--out"])
        .arg(folder.out())
        .stdin(Stdio::null());
    let ended = Program::start_as("grade", command)?.end_within(PATIENCE)?;
    ensure!(ended.code() == Some(2), "{ended:?}");
    ensure!(ended.stderr.contains("is not a folder"), "{ended:?}");
    Ok(())
}
