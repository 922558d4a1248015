//! Hostile submissions, graded beside innocent ones, at every level of
//! isolation that this machine offers: no points for what they did not do, full
//! points for the innocent, and nothing left behind.
//!
//! Each file of `tests/hostile` is a submission. Its header says what it tries.

mod class;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use course::Verdict;
use grade::{Build, Source, Status};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use class::{Class, Graded, How};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for how in [How::Root3, How::Root2, How::User3, How::User1] {
        // `root_level_3` as filter: the others need not be graded for it.
        let unwanted = arguments.filter.as_ref().is_some_and(|filter| {
            filter.contains("level_") && !filter.contains(how.name())
        });
        let made = if arguments.list || unwanted {
            Err(None)
        } else {
            match how.lacks() {
                Some(why) => Err(Some(why)),
                None => Ok(Class::grade(how).map_err(|e| format!("{e:#}"))),
            }
        };
        let made = Arc::new(made);
        for (name, test) in TESTS {
            let made = Arc::clone(&made);
            let name = format!("{}::{name}", how.name());
            trials.push(Trial::ignorable_test(name, move || {
                let graded = match &*made {
                    Err(why) => {
                        let why = why.clone().unwrap_or_default();
                        return Ok(Completion::ignored_with(why));
                    }
                    Ok(Err(error)) => return Err(Failed::from(error)),
                    Ok(Ok(graded)) => graded,
                };
                match test(graded) {
                    Ok(()) => Ok(Completion::Completed),
                    Err(error) => Err(Failed::from(format!("{error:#}"))),
                }
            }));
        }
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

type Test = fn(&Graded) -> Result<()>;

const TESTS: [(&str, Test); 12] = [
    ("everybody_has_one_row", one_row),
    ("nobody_gets_points_for_what_they_did_not_do", no_points),
    ("the_innocent_have_full_points", innocent),
    ("nothing_hidden_is_told", nothing_told),
    ("no_process_is_left", no_process),
    ("no_file_is_left", no_file),
    ("no_file_beside_the_exercises_is_taken", allow_list),
    ("the_solution_can_not_be_compiled_in", not_compiled_in),
    ("the_network_is_closed", network),
    ("what_is_told_is_text", text),
    ("the_journal_is_whole", journal),
    ("the_level_is_told", level),
];

fn one_row(graded: &Graded) -> Result<()> {
    ensure!(
        graded.grades.len() == graded.count,
        "{} records for {} submissions",
        graded.grades.len(),
        graded.count
    );
    for grade in &graded.grades {
        ensure!(
            grade.status == Status::Graded,
            "{}: {:?}",
            grade.submission,
            grade.status
        );
        ensure!(grade.exercises.len() == 32, "{}", grade.submission);
    }
    Ok(())
}

fn no_points(graded: &Graded) -> Result<()> {
    let mut wrong = Vec::new();
    for (name, points) in &graded.hostile {
        let grade = graded.find(name)?;
        let got = grade.points();
        let right = match points.as_str() {
            "all" => got == graded.of("greeter")?,
            number => got == number.parse::<u32>()?,
        };
        if !right {
            let passed: Vec<_> = grade
                .exercises
                .iter()
                .flat_map(|exercise| &exercise.checks)
                .filter(|check| check.outcome.verdict == Verdict::Passed)
                .map(|check| check.outcome.check.as_str())
                .collect();
            wrong.push(format!("{name}: {got}, not {points}: {passed:?}"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

fn innocent(graded: &Graded) -> Result<()> {
    for name in &graded.innocent {
        let grade = graded.find(name)?;
        for exercise in &grade.exercises {
            let handed_in = matches!(exercise.source, Source::Taken { .. });
            ensure!(
                !handed_in || exercise.passed(),
                "{name}: {:#?}",
                exercise
                    .checks
                    .iter()
                    .find(|c| c.outcome.verdict != Verdict::Passed)
            );
        }
        ensure!(grade.points() > 0, "{name} handed nothing in");
    }
    Ok(())
}

fn nothing_told(graded: &Graded) -> Result<()> {
    for grade in &graded.grades {
        for exercise in &grade.exercises {
            let text = serde_json::to_string(&exercise.checks)?;
            let at = text.find("STOLEN");
            ensure!(
                at.is_none(),
                "{}: {}",
                grade.submission,
                &text[at.unwrap_or(0)..]
                    .chars()
                    .take(400)
                    .collect::<String>()
            );
            ensure!(
                !text.contains(class::SECRET),
                "{} tells the pack's secret",
                grade.submission
            );
        }
    }
    Ok(())
}

fn no_process(graded: &Graded) -> Result<()> {
    ensure!(graded.left.is_empty(), "{:?}", graded.left);
    Ok(())
}

fn no_file(graded: &Graded) -> Result<()> {
    ensure!(graded.files.is_empty(), "{:?}", graded.files);
    Ok(())
}

fn allow_list(graded: &Graded) -> Result<()> {
    let source = |name: &str| -> Result<Source> {
        let grade = graded.find(name)?;
        let exercise = grade
            .exercises
            .iter()
            .find(|exercise| exercise.name == "greeter");
        Ok(exercise.context("greeter")?.source.clone())
    };
    for (name, why) in [
        ("a link to the solution", "link"),
        ("a file that is a folder", "not a file"),
        ("a large file", "256 KiB"),
        ("a zip with a link", "link"),
        ("a zip that leads out", "out of the submission"),
        ("a tar with a hard link", "link"),
        ("a bomb", "256 KiB"),
    ] {
        match source(name)? {
            Source::Refused { reason } if reason.contains(why) => {}
            other => anyhow::bail!("{name}: {other:?}"),
        }
    }
    ensure!(
        matches!(source("a build script")?, Source::Taken { .. }),
        "the exercise beside the build script was not taken"
    );
    Ok(())
}

fn not_compiled_in(graded: &Graded) -> Result<()> {
    for name in [
        "includes_the_solution",
        "includes_the_solution_from_here",
        "is_the_solutions_module",
        "carries_the_pack_away",
        "has_the_assembler_read",
        "compiles_for_ever",
    ] {
        let grade = graded.find(name)?;
        let exercise = grade
            .exercises
            .iter()
            .find(|exercise| exercise.name == "greeter");
        let build = &exercise.context("greeter")?.build;
        ensure!(matches!(build, Build::Failed { .. }), "{name}: {build:?}");
    }
    Ok(())
}

fn network(graded: &Graded) -> Result<()> {
    // Below level 3 nothing closes it, and the report says so.
    if graded.how.level() == 3 {
        ensure!(graded.visits == 0, "{} visits from inside", graded.visits);
        let told = serde_json::to_string(graded.find("phones_home")?)?;
        ensure!(!told.contains("REACHED"), "{told}");
        return Ok(());
    }
    let details = graded.grades[0].isolation.details.join(" ");
    ensure!(details.contains("network was not closed"), "{details}");
    Ok(())
}

fn text(graded: &Graded) -> Result<()> {
    let grade = graded.find("talks_to_the_terminal")?;
    let told: Vec<String> = grade
        .exercises
        .iter()
        .flat_map(|exercise| &exercise.checks)
        .map(|check| check.outcome.story())
        .collect();
    let raw = told
        .iter()
        .find(|story| story.chars().any(|c| c.is_control() && c != '\n'));
    ensure!(raw.is_none(), "{raw:?}");
    ensure!(!graded.said.contains('\x1b'), "{:?}", graded.said);
    Ok(())
}

fn journal(graded: &Graded) -> Result<()> {
    for line in graded.journal.lines() {
        serde_json::from_str::<grade::journal::Event>(line)
            .with_context(|| line.chars().take(300).collect::<String>())?;
    }
    ensure!(!graded.journal.is_empty(), "nothing in the journal");
    Ok(())
}

fn level(graded: &Graded) -> Result<()> {
    for grade in &graded.grades {
        ensure!(
            grade.isolation.level == graded.how.level(),
            "{}: {:?}",
            grade.submission,
            grade.isolation
        );
        ensure!(!grade.isolation.details.is_empty(), "no details");
    }
    Ok(())
}

/// Whether a command goes well.
fn runs(command: &str, args: &[&str]) -> bool {
    Command::new(command)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The course's folder.
fn top() -> std::path::PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    top.canonicalize().unwrap_or(top)
}
