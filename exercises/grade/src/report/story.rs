//! What came of one check, as plain text: for the formats that have no
//! better place for it.

use std::fmt::Write as _;

use course::Verdict;

use super::text;
use crate::grade::{Build, CheckGrade, ExerciseGrade, Source};

/// The command with which anybody gets this verdict again.
pub(crate) fn again(check: &CheckGrade) -> Option<String> {
    // A student has no hidden check to run.
    if check.hidden {
        return None;
    }
    let outcome = &check.outcome;
    Some(format!(
        "cargo lab check {} --check {} --seed {}",
        outcome.exercise, outcome.check, outcome.seed
    ))
}

/// Whether this is a hidden check of which the reader may not know more than
/// its verdict.
pub(crate) fn is_secret(check: &CheckGrade) -> bool {
    check.hidden && check.outcome.page.is_empty()
}

/// The story in full.
pub(crate) fn story(check: &CheckGrade) -> String {
    if is_secret(check) {
        return format!("{}\n", check.outcome.why);
    }
    let mut story = check.outcome.story();
    if let Some(again) = again(check) {
        let _ = writeln!(story, "   again: {again}");
    }
    if let Some(remark) = remark(check) {
        let _ = writeln!(story, "{remark}");
    }
    story
}

/// The story in one line.
pub(crate) fn short(check: &CheckGrade) -> String {
    let outcome = &check.outcome;
    match (&outcome.failure, &outcome.reason, outcome.verdict) {
        (None, None, Verdict::Failed) => "failed".to_owned(),
        (None, None, Verdict::Skipped) => "skipped".to_owned(),
        (None, None, Verdict::GraderError) => "not graded".to_owned(),
        _ => outcome.folded(),
    }
}

/// What a verdict alone does not say.
pub(crate) fn remark(check: &CheckGrade) -> Option<&'static str> {
    match check.outcome.verdict {
        Verdict::Skipped => Some(
            "The machine that graded lacks what this check needs: no points \
             are lost or won.",
        ),
        Verdict::GraderError => Some(
            "A fault of the check, not of the program: no points are lost, \
             and the submission is graded again.",
        ),
        Verdict::Passed if check.repeated => {
            Some("It ran into a deadline, and passed when it was repeated.")
        }
        _ => None,
    }
}

/// Why an exercise has no program, if it has none; the second part is what
/// the compiler says.
pub(crate) fn no_program(
    exercise: &ExerciseGrade,
) -> Option<(String, Option<&str>)> {
    match (&exercise.source, &exercise.build) {
        (Source::Missing, _) => {
            Some((format!("No file {}.", path(exercise)), None))
        }
        (Source::Refused { reason }, _) => {
            Some((format!("{} was not taken: {reason}.", path(exercise)), None))
        }
        (_, Build::Failed { message }) => {
            Some(("It does not compile.".to_owned(), Some(message)))
        }
        _ => None,
    }
}

/// The exercises of which there is no file, in a sentence: a class does not
/// do all of them.
pub(crate) fn without_file(exercises: &[ExerciseGrade]) -> Option<String> {
    let missing: Vec<&str> = exercises
        .iter()
        .filter(|exercise| exercise.source == Source::Missing)
        .map(|exercise| &*exercise.name)
        .collect();
    let names = missing.join(", ");
    (!names.is_empty()).then(|| format!("No file of: {names}."))
}

/// Whether the story of a check says anything that the exercise has not said:
/// without a program every check fails alike.
pub(crate) fn tells_more(check: &CheckGrade, exercise: &ExerciseGrade) -> bool {
    check.outcome.verdict != Verdict::Failed || no_program(exercise).is_none()
}

fn path(exercise: &ExerciseGrade) -> String {
    format!("exercises/{}/src/bin/{}.rs", exercise.topic, exercise.name)
}

/// The verdict in a word or two.
pub(crate) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::Skipped => "not checked",
        Verdict::GraderError => "not graded",
    }
}

/// `greeter: a client that resets harms nobody`.
pub(crate) fn title(check: &CheckGrade) -> String {
    let outcome = &check.outcome;
    let sentence = text::sentence(&outcome.check);
    format!("{}: {sentence}", outcome.exercise)
}
