//! The `result.json` of Classroom 50, format `classroom50/result/v1`.
//!
//! <https://github.com/foundation50/classroom50/wiki/Advanced-Autograding>

use course::Verdict;
use serde_json::{Value, json};

use super::story;
use super::view::{Seen, Visibility, is_final};
use crate::grade::{CheckGrade, Grade};

/// What the runner tells a grader in its environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// `CLASSROOM`: its short name.
    pub classroom: String,
    /// `ASSIGNMENT`: its slug.
    pub assignment: String,
    /// `ASSIGNMENT_TYPE`: `individual` or `group`.
    pub assignment_type: String,
    /// `OWNER`: whose repository it is.
    pub owner: String,
    /// `SUBMISSION_TAG`: `submit/…`.
    pub submission: String,
    /// `COMMIT_URL`.
    pub commit: String,
    /// `RELEASE_URL`.
    pub release: String,
    /// `REVIEW_URL`.
    pub review: String,
}

impl Place {
    /// Asks for each of the variables; the name of the first one that is
    /// missing is the error.
    pub fn from(
        mut variable: impl FnMut(&str) -> Option<String>,
    ) -> Result<Place, &'static str> {
        let mut ask =
            |name| variable(name).filter(|value| !value.is_empty()).ok_or(name);
        Ok(Place {
            classroom: ask("CLASSROOM")?,
            assignment: ask("ASSIGNMENT")?,
            assignment_type: ask("ASSIGNMENT_TYPE")?,
            owner: ask("OWNER")?,
            submission: ask("SUBMISSION_TAG")?,
            commit: ask("COMMIT_URL")?,
            release: ask("RELEASE_URL")?,
            review: ask("REVIEW_URL")?,
        })
    }
}

/// The result; none where there is no mark: the grader then ends with a
/// failure and the runner writes the error result.
///
/// The format knows passed and failed. A check that was skipped is therefore
/// not in it; the summary that goes into `release-body.md` tells of it.
pub fn classroom50(
    grade: &Grade,
    visibility: Visibility,
    place: &Place,
) -> Option<Value> {
    if !is_final(grade) {
        return None;
    }
    let seen = Seen::new(grade, visibility);
    let points = seen.points();
    let checks = seen.grade.exercises.iter().flat_map(|e| &e.checks);
    let tests: Vec<Value> = checks.filter_map(test).collect();
    Some(json!({
        "schema": "classroom50/result/v1",
        "classroom": place.classroom,
        "assignment": place.assignment,
        "assignment_type": place.assignment_type,
        "owner": place.owner,
        "submission": place.submission,
        "commit": place.commit,
        "release": place.release,
        "review": place.review,
        // The runner puts the time of the commit here.
        "datetime": grade.started,
        "score": points.got,
        "max-score": points.of,
        "tests": tests,
    }))
}

fn test(check: &CheckGrade) -> Option<Value> {
    let outcome = &check.outcome;
    let passed = match outcome.verdict {
        Verdict::Passed => true,
        Verdict::Failed => false,
        Verdict::Skipped | Verdict::GraderError => return None,
    };
    Some(json!({
        "test-name": story::title(check),
        "passed": passed,
        "score": outcome.points,
        "max-score": outcome.of,
        "message": story::short(check),
    }))
}
