//! Gradescope's `results.json`.
//!
//! <https://gradescope-autograders.readthedocs.io/en/latest/specs/>

use std::fmt::Write as _;

use course::Verdict;
use serde_json::{Value, json};

use super::story;
use super::view::{Hidden, Points, Seen, Visibility};
use crate::grade::{CheckGrade, Grade, Source};

/// What Gradescope is to show; none where there is no mark: without a file it
/// reports a fault of the autograder and gives no zero.
///
/// `previous` is the score of the student's last submission that has one
/// ([`previous_score`]); where this one could not be graded, that is kept.
pub fn gradescope(
    grade: &Grade,
    visibility: Visibility,
    previous: Option<f64>,
) -> Option<Value> {
    let told = Seen::new(grade, visibility);
    match visibility {
        Visibility::Student(Hidden::Withheld) => {
            let seen = Seen::new(grade, Visibility::STUDENT);
            results(&told, &seen, previous)
        }
        _ => results(&told, &told, previous),
    }
}

/// `told` is what may be told at once. Gradescope knows the due date, so it
/// gets the hidden checks too and keeps them back itself: they are in `seen`.
pub(crate) fn results(
    told: &Seen,
    seen: &Seen,
    previous: Option<f64>,
) -> Option<Value> {
    let visibility = told.visibility;
    let mut output = told.standing();
    if !told.is_final() {
        let previous = previous?;
        output
            .push_str("\nThe score of the submission before this one is kept.");
        return Some(json!({
            "score": previous,
            "output": output,
            "output_format": "text",
            "stdout_visibility": "hidden",
        }));
    }
    let grade = &seen.grade;
    if let Some(missing) = story::without_file(&grade.exercises) {
        let _ = write!(output, "\n\n{missing}");
    }
    for exercise in &grade.exercises {
        if exercise.source == Source::Missing {
            continue;
        }
        if let Some((why, said)) = story::no_program(exercise) {
            let _ = write!(output, "\n\n{}: {why}", exercise.name);
            if let Some(said) = said {
                let _ = write!(output, "\n{said}");
            }
        }
    }
    let _ = write!(
        output,
        "\n\nSeed {}. Isolation: {} (level {}).",
        grade.seed, grade.isolation.name, grade.isolation.level
    );
    let tests: Vec<Value> = grade
        .exercises
        .iter()
        .enumerate()
        .flat_map(|(at, exercise)| {
            let checks = exercise.checks.iter().enumerate();
            checks.map(move |(n, check)| {
                let number = format!("{}.{}", at + 1, n + 1);
                test(check, &number, &exercise.topic, visibility)
            })
        })
        .collect();
    let mut results = json!({
        "output": output,
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "stdout_visibility": "hidden",
        "execution_time": grade.milliseconds / 1000,
        "extra_data": {
            "schema": grade.schema,
            "submission": grade.submission,
            "seed": grade.seed,
            "checks": grade.grader.checks,
        },
    });
    if tests.is_empty() {
        results["score"] = json!(Points::of_grade(grade).got);
    }
    results["tests"] = tests.into();
    Some(results)
}

fn test(
    check: &CheckGrade,
    number: &str,
    topic: &str,
    visibility: Visibility,
) -> Value {
    let outcome = &check.outcome;
    let mut test = json!({
        "number": number,
        "name": story::title(check),
        "output": story::story(check),
        "tags": [topic, outcome.exercise],
    });
    match outcome.verdict {
        Verdict::Passed | Verdict::Failed => {
            test["score"] = json!(outcome.points);
            test["max_score"] = json!(outcome.of);
            let passed = outcome.verdict == Verdict::Passed;
            test["status"] = if passed { "passed" } else { "failed" }.into();
        }
        // Without points and without a status it is told and counts nothing.
        Verdict::Skipped | Verdict::GraderError => {}
    }
    if check.hidden {
        test["visibility"] = match visibility {
            Visibility::Instructor => "hidden",
            Visibility::Student(Hidden::Withheld) => "after_due_date",
            Visibility::Student(Hidden::Points | Hidden::All) => "visible",
        }
        .into();
    }
    test
}

/// The last score in Gradescope's `submission_metadata.json` that an
/// autograder gave and not a fault of it.
pub fn previous_score(metadata: &str) -> Option<f64> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let earlier = metadata.get("previous_submissions")?.as_array()?;
    let at = |submission: &Value| {
        let time = submission.get("submission_time").and_then(Value::as_str);
        time.unwrap_or_default().to_owned()
    };
    earlier
        .iter()
        .filter(|one| one.get("autograder_error") != Some(&json!(true)))
        .filter_map(|one| Some((at(one), score(one.get("score")?)?)))
        // Two of one time: the later in the list.
        .max_by(|one, other| one.0.cmp(&other.0))
        .map(|(_, score)| score)
}

/// A number, also one in a string.
fn score(value: &Value) -> Option<f64> {
    let string = || value.as_str()?.trim().parse().ok();
    value
        .as_f64()
        .or_else(string)
        .filter(|n: &f64| n.is_finite())
}
