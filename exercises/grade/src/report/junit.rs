//! `JUnit` XML, for whatever shows tests.

use std::time::Duration;

use anyhow::{Context, Result};
use course::Verdict;
use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite,
};

use super::story;
use super::text;
use super::view::{Points, Seen, Visibility};
use crate::grade::{CheckGrade, ExerciseGrade, Grade, Status};

/// A suite for each exercise of each submission. A `failure` is the student's,
/// an `error` the grader's own; points are properties, since `JUnit`
/// has none.
pub fn junit(grades: &[Grade], visibility: Visibility) -> Result<String> {
    let seen = grades.iter().map(|grade| Seen::new(grade, visibility));
    xml(&seen.collect::<Vec<_>>())
}

pub(crate) fn xml(class: &[Seen]) -> Result<String> {
    let mut report = Report::new("Sockets with Connections");
    for seen in class {
        add(&mut report, seen);
    }
    report.to_string().context("write JUnit XML")
}

fn add(report: &mut Report, seen: &Seen) {
    let grade = &seen.grade;
    let of_its_own = match &grade.status {
        Status::Graded => None,
        Status::Missing => Some(NonSuccessKind::Failure),
        Status::NotGraded { .. } => Some(NonSuccessKind::Error),
    };
    // A submission that has no verdicts must not look like one without
    // failures.
    if let Some(kind) = of_its_own {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_message(seen.standing());
        status.set_type(match kind {
            NonSuccessKind::Failure => "missing",
            NonSuccessKind::Error => "not-graded",
        });
        let mut case = TestCase::new("the submission is graded", status);
        case.set_classname("submission");
        let mut suite = TestSuite::new(&*grade.submission);
        suite.add_test_case(case);
        report.add_test_suite(suite);
    }
    for exercise in &grade.exercises {
        report.add_test_suite(suite(grade, exercise));
    }
}

fn suite(grade: &Grade, exercise: &ExerciseGrade) -> TestSuite {
    let name = format!("{}/{}", grade.submission, exercise.name);
    let mut suite = TestSuite::new(name);
    let points = Points::of_exercise(exercise);
    suite.add_property(Property::new("points", points.got.to_string()));
    suite.add_property(Property::new("of", points.of.to_string()));
    suite.add_property(Property::new("open", points.open.to_string()));
    suite.add_property(Property::new("seed", &*grade.seed));
    suite.add_property(Property::new("isolation", &*grade.isolation.name));
    if let Some((why, said)) = story::no_program(exercise) {
        let said = said.map(|said| format!("\n{said}")).unwrap_or_default();
        suite.set_system_err(format!("{why}{said}"));
    }
    for check in &exercise.checks {
        suite.add_test_case(case(exercise, check));
    }
    suite
}

fn case(exercise: &ExerciseGrade, check: &CheckGrade) -> TestCase {
    let outcome = &check.outcome;
    let mut status = match outcome.verdict {
        Verdict::Passed => TestCaseStatus::success(),
        Verdict::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Verdict::Skipped => TestCaseStatus::skipped(),
        Verdict::GraderError => {
            TestCaseStatus::non_success(NonSuccessKind::Error)
        }
    };
    if outcome.verdict != Verdict::Passed {
        status.set_message(story::short(check));
        status.set_type(story::word(outcome.verdict));
        status.set_description(story::story(check));
    }
    let mut case = TestCase::new(text::sentence(&outcome.check), status);
    case.set_classname(&*exercise.name);
    case.set_time(Duration::from_millis(outcome.milliseconds));
    case.add_property(Property::new("check", &*outcome.check));
    if matches!(outcome.verdict, Verdict::Passed | Verdict::Failed) {
        let got = outcome.points.to_string();
        case.add_property(Property::new("points", got));
        case.add_property(Property::new("of", outcome.of.to_string()));
    }
    if check.repeated {
        case.add_property(Property::new("repeated", "true"));
    }
    case
}
