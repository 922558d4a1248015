//! The record of a submission, put together from what came of its programs.

use course::Verdict;

use super::Entry;
use crate::engine::{Question, unasked};
use crate::isolation::{Isolated, Level};
use crate::journal::Done;
use crate::material::Material;
use crate::{
    Build, ExerciseGrade, Grade, Grader, Isolation, SCHEMA, Source, Status,
};

/// What is the same for every submission.
pub(super) struct Circumstances<'a> {
    pub(super) isolated: &'a Isolated,
    pub(super) grader: &'a Grader,
    pub(super) seed: u64,
    pub(super) started: &'a str,
    pub(super) questions: &'a [Vec<Question>],
}

/// A row of somebody who has no marks: not yet, or never.
pub(super) fn row(entry: &Entry, started: &str) -> Grade {
    let reason = match &entry.fault {
        Some(fault) => fault.clone(),
        None => "grading has not come to it".to_owned(),
    };
    Grade {
        schema: SCHEMA.into(),
        submission: entry.name.clone(),
        student: entry.student.clone(),
        status: if entry.missing {
            Status::Missing
        } else {
            Status::NotGraded { reason }
        },
        seed: String::new(),
        isolation: Isolation {
            level: 0,
            name: "nothing was run".into(),
            details: Vec::new(),
        },
        started: started.into(),
        build_milliseconds: 0,
        milliseconds: 0,
        grader: Grader {
            version: env!("CARGO_PKG_VERSION").into(),
            checks: String::new(),
            pack: None,
            toolchain: String::new(),
            system: String::new(),
        },
        exercises: Vec::new(),
        notes: entry.notes.clone(),
    }
}

/// The record of a submission all of whose programs are done, by the numbers
/// of their exercises.
pub(super) fn grade(
    entry: &Entry,
    results: &[(usize, Done)],
    material: &Material,
    all: &Circumstances<'_>,
) -> Grade {
    let mut notes = entry.notes.clone();
    let (mut build_time, mut time) = (0, 0);
    let mut fault = None;
    let mut exercises = Vec::new();
    for (at, (task, (source, _))) in
        material.tasks.iter().zip(&entry.files).enumerate()
    {
        let done = results.iter().find(|(task, _)| *task == at);
        let level = all.isolated.level;
        let (build, checks) = match (done, source) {
            (Some((_, done)), _) => {
                build_time += done.build_milliseconds;
                time += done.build_milliseconds;
                time += done
                    .checks
                    .iter()
                    .map(|check| check.outcome.milliseconds)
                    .sum::<u64>();
                notes.extend(done.notes.iter().cloned());
                (done.build.clone(), done.checks.clone())
            }
            (None, source) => {
                let reason = match source {
                    Source::Refused { reason } => {
                        format!("the file was not taken: {reason}")
                    }
                    _ => "nothing was handed in".to_owned(),
                };
                let checks = all.questions[at].iter().map(|question| {
                    unasked(question, &reason, level, all.seed)
                });
                (Build::NotTried, checks.collect())
            }
        };
        let broken = checks
            .iter()
            .find(|check| check.outcome.verdict == Verdict::GraderError);
        if let Some(check) = broken {
            fault.get_or_insert_with(|| {
                format!(
                    "{}: {}: the grader failed: {}",
                    task.exercise.name,
                    check.outcome.check,
                    check.outcome.reason.as_deref().unwrap_or("no reason")
                )
            });
        }
        exercises.push(ExerciseGrade {
            name: task.exercise.name.into(),
            topic: task.exercise.topic.into(),
            kind: task.manifest.kind,
            source: source.clone(),
            build,
            checks,
        });
    }
    Grade {
        schema: SCHEMA.into(),
        submission: entry.name.clone(),
        student: entry.student.clone(),
        status: match fault {
            Some(reason) => Status::NotGraded { reason },
            None => Status::Graded,
        },
        seed: format!("{:x}", all.seed),
        isolation: Isolation {
            level: all.isolated.level.number(),
            name: all.isolated.level.name().into(),
            details: all.isolated.details.clone(),
        },
        started: all.started.into(),
        build_milliseconds: build_time,
        milliseconds: time,
        grader: all.grader.clone(),
        exercises,
        notes,
    }
}

/// What becomes of a program that the grader itself could not build.
pub(super) fn not_built(
    questions: &[Question],
    reason: &str,
    level: Level,
    seed: u64,
) -> Done {
    let checks = questions.iter().map(|question| {
        let mut check = unasked(question, reason, level, seed);
        check.outcome.verdict = Verdict::GraderError;
        check
    });
    Done {
        build: Build::NotTried,
        build_milliseconds: 0,
        checks: checks.collect(),
        again: Vec::new(),
        notes: Vec::new(),
    }
}

/// Whether two records say the same, whenever they were made.
pub(super) fn same(old: &Grade, new: &Grade) -> bool {
    let timeless = |grade: &Grade| Grade {
        started: String::new(),
        ..grade.clone()
    };
    timeless(old) == timeless(new)
}
