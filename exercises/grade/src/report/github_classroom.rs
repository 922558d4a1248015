//! What the grader actions of GitHub Classroom hand to its reporter action.
//! GitHub Classroom itself has ended; the actions still run in any workflow.
//!
//! <https://github.com/github-education-resources/autograding-grading-reporter>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use course::Verdict;
use serde_json::{Value, json};

use super::story;
use super::text;
use super::view::{Points, Seen, Visibility, is_final};
use crate::grade::{ExerciseGrade, Grade};

/// An output named `result` for each exercise: its name, and base64 of its
/// JSON. One runner an exercise, since the reporter shows points by the share
/// of the tests that passed; none where there is no mark.
pub fn github_classroom(
    grade: &Grade,
    visibility: Visibility,
) -> Option<Vec<(String, String)>> {
    if !is_final(grade) {
        return None;
    }
    let seen = Seen::new(grade, visibility);
    let outputs = seen.grade.exercises.iter().map(|exercise| {
        let json = result(exercise).to_string();
        (exercise.name.clone(), STANDARD.encode(json))
    });
    Some(outputs.collect())
}

fn result(exercise: &ExerciseGrade) -> Value {
    let points = Points::of_exercise(exercise);
    let checked = exercise.checks.iter().filter(|check| {
        // The format has no word for a check that was skipped.
        matches!(check.outcome.verdict, Verdict::Passed | Verdict::Failed)
    });
    let tests: Vec<Value> = checked
        .map(|check| {
            let outcome = &check.outcome;
            let passed = outcome.verdict == Verdict::Passed;
            json!({
                "name": text::sentence(&outcome.check),
                "status": if passed { "pass" } else { "fail" },
                "score": outcome.points,
                "message": story::short(check),
                "test_code": story::again(check).unwrap_or_default(),
                "filename": format!(
                    "exercises/{}/src/bin/{}.rs",
                    exercise.topic, exercise.name
                ),
                "line_no": 0,
                "duration": outcome.milliseconds,
            })
        })
        .collect();
    let passed = tests.iter().all(|test| test["status"] == "pass");
    json!({
        "version": 1,
        "status": if passed { "pass" } else { "fail" },
        "max_score": points.of,
        "tests": tests,
    })
}
