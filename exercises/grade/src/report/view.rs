//! A record as somebody may see it: harmless, of bearable length, and without
//! what is not for them.

use std::fmt::Write as _;

use course::{Failure, Outcome, Verdict};

use super::text;
use crate::grade::{
    Build, CheckGrade, ExerciseGrade, Grade, Grader, Isolation, Pack, Source,
    Status, Student,
};

/// For whom a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// Everything.
    Instructor,
    /// Without the instructor's notes; of hidden checks only this much.
    Student(Hidden),
}

/// What a student sees of the checks in the instructor's pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// That there are such checks and what they count, and no verdict: before
    /// the due date.
    Withheld,
    /// Verdicts and points, under the name `hidden check 1`: after it.
    Points,
    /// Everything, as of any other check: when they are used no more.
    All,
}

impl Visibility {
    /// What is right where nobody says otherwise: a class is graded after the
    /// due date.
    pub const STUDENT: Visibility = Visibility::Student(Hidden::Points);

    /// What may be told of hidden checks, by its name on the command line:
    /// `nothing` but that they exist, their `points`, or `all`.
    pub fn named(name: &str) -> Option<Visibility> {
        match name {
            "nothing" => Some(Visibility::Student(Hidden::Withheld)),
            "points" => Some(Visibility::Student(Hidden::Points)),
            "all" => Some(Visibility::Student(Hidden::All)),
            _ => None,
        }
    }
}

/// Points, and those that nobody could win.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Points {
    /// Points got.
    pub got: u32,
    /// Points to be got in the checks that ran.
    pub of: u32,
    /// Points of checks that were skipped or failed by themselves: neither
    /// lost nor won.
    pub open: u32,
}

impl Points {
    fn add(self, other: Points) -> Points {
        Points {
            got: self.got + other.got,
            of: self.of + other.of,
            open: self.open + other.open,
        }
    }

    /// The points of one check.
    pub fn of_check(check: &CheckGrade) -> Points {
        let outcome = &check.outcome;
        match outcome.verdict {
            Verdict::Passed | Verdict::Failed => Points {
                got: outcome.points,
                of: outcome.of,
                open: 0,
            },
            Verdict::Skipped | Verdict::GraderError => Points {
                open: outcome.of,
                ..Points::default()
            },
        }
    }

    /// The points of one exercise.
    pub fn of_exercise(exercise: &ExerciseGrade) -> Points {
        let each = exercise.checks.iter().map(Points::of_check);
        each.fold(Points::default(), Points::add)
    }

    /// The points of a submission.
    pub fn of_grade(grade: &Grade) -> Points {
        let each = grade.exercises.iter().map(Points::of_exercise);
        each.fold(Points::default(), Points::add)
    }

    /// `5 of 8 points`, and what is open.
    pub(crate) fn told(self) -> String {
        let mut told = format!("{} of {}", self.got, text::points(self.of));
        if self.open > 0 {
            let open = text::points(self.open);
            let _ = write!(told, ", {open} not checked");
        }
        told
    }
}

/// A record that can be shown.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// What is to be shown of it.
    pub(crate) grade: Grade,
    /// To whom.
    pub(crate) visibility: Visibility,
    /// Hidden checks that are not among the others: how many.
    pub(crate) withheld: usize,
    /// What they count.
    pub(crate) withheld_points: u32,
}

/// Characters of one line: a name, a step, what came instead.
const LINE: usize = 2_000;
/// Characters of what the compiler says.
const LINES: usize = 8_000;
/// Steps of one story, from its beginning and from its end.
const STEPS: (usize, usize) = (20, 40);

impl Seen {
    pub(crate) fn new(grade: &Grade, visibility: Visibility) -> Seen {
        let mut seen = Seen {
            grade: harmless(grade),
            visibility,
            withheld: 0,
            withheld_points: 0,
        };
        if let Visibility::Student(hidden) = visibility {
            seen.keep_from_student(hidden);
        }
        seen
    }

    fn keep_from_student(&mut self, hidden: Hidden) {
        let grade = &mut self.grade;
        grade.notes.clear();
        grade.isolation.details.clear();
        if let Status::NotGraded { reason } = &mut grade.status {
            // It may tell of a hidden check.
            "your instructor knows why".clone_into(reason);
        }
        if hidden == Hidden::All {
            return;
        }
        for exercise in &mut grade.exercises {
            let of_pack = exercise.checks.iter_mut().filter(|c| c.hidden);
            for (at, check) in of_pack.enumerate() {
                keep_secret(check, at + 1);
            }
            if hidden == Hidden::Withheld {
                exercise.checks.retain(|check| {
                    if check.hidden {
                        self.withheld += 1;
                        self.withheld_points += check.outcome.of;
                    }
                    !check.hidden
                });
            }
        }
    }

    /// Whose it is: the name in the roster, or else that of the submission.
    pub(crate) fn name(&self) -> &str {
        match &self.grade.student {
            Some(student) if !student.name.trim().is_empty() => &student.name,
            _ => &self.grade.submission,
        }
    }

    pub(crate) fn points(&self) -> Points {
        Points::of_grade(&self.grade)
    }

    /// Whether the points are a mark.
    pub(crate) fn is_final(&self) -> bool {
        is_final(&self.grade)
    }

    /// What became of the submission, in a sentence or a few.
    pub(crate) fn standing(&self) -> String {
        let mut told = match &self.grade.status {
            Status::Missing => "Nothing was handed in.".to_owned(),
            Status::NotGraded { reason } => {
                format!("Not graded, which is no zero: {reason}.")
            }
            Status::Graded if !self.is_final() => {
                "Not graded, which is no zero: a check of ours failed by \
                 itself."
                    .to_owned()
            }
            Status::Graded => format!("{}.", self.points().told()),
        };
        if self.withheld > 0 {
            let checks = text::count(self.withheld, "hidden check");
            let points = text::points(self.withheld_points);
            let _ = write!(
                told,
                " Not counted here: {checks} for {points}, told after the \
                 due date."
            );
        }
        told
    }
}

/// Whether the points of a record are a mark: every check has its verdict and
/// none is the grader's own fault.
pub fn is_final(grade: &Grade) -> bool {
    let fault =
        |check: &CheckGrade| check.outcome.verdict == Verdict::GraderError;
    !matches!(grade.status, Status::NotGraded { .. })
        && !grade.exercises.iter().any(|e| e.checks.iter().any(fault))
}

/// Nothing of a hidden check but its verdict and its points.
fn keep_secret(check: &mut CheckGrade, number: usize) {
    let outcome = &mut check.outcome;
    outcome.check = format!("hidden_check_{number}");
    outcome.steps.clear();
    outcome.failure = None;
    outcome.reason = None;
    "one of your instructor's own checks".clone_into(&mut outcome.why);
    outcome.page.clear();
    outcome.milliseconds = 0;
}

/// The record with every string in it tidied. Each structure is taken apart
/// by all its fields, so that a new one can't be forgotten here.
fn harmless(grade: &Grade) -> Grade {
    let mut harmless = grade.clone();
    let Grade {
        schema,
        submission,
        student,
        status,
        seed,
        isolation:
            Isolation {
                level: _,
                name,
                details,
            },
        started,
        build_milliseconds: _,
        milliseconds: _,
        grader:
            Grader {
                version,
                checks,
                pack,
                toolchain,
                system,
            },
        exercises,
        notes,
    } = &mut harmless;
    all([schema, submission, seed, name, started]);
    all([version, checks, toolchain, system]);
    all(details);
    all(notes);
    if let Some(Student { id, name }) = student {
        all([id, name]);
    }
    if let Some(Pack { name, sha256 }) = pack {
        all([name, sha256]);
    }
    match status {
        Status::Graded | Status::Missing => {}
        Status::NotGraded { reason } => tidy(reason),
    }
    exercises.iter_mut().for_each(harmless_exercise);
    harmless
}

fn harmless_exercise(exercise: &mut ExerciseGrade) {
    let ExerciseGrade {
        name,
        topic,
        kind: _,
        source,
        build,
        checks,
    } = exercise;
    all([name, topic]);
    match source {
        Source::Taken { sha256, bytes: _ } => tidy(sha256),
        Source::Refused { reason } => tidy(reason),
        Source::Untouched | Source::Missing => {}
    }
    match build {
        // The one text that has lines.
        Build::Failed { message } => *message = text::lines(message, LINES),
        Build::Built | Build::NotTried => {}
    }
    for CheckGrade {
        outcome,
        hidden: _,
        repeated: _,
    } in checks
    {
        harmless_outcome(outcome);
    }
}

fn harmless_outcome(outcome: &mut Outcome) {
    let Outcome {
        exercise,
        check,
        place: _,
        verdict: _,
        points: _,
        of: _,
        steps,
        failure,
        reason,
        why,
        page,
        seed,
        surroundings: _,
        milliseconds: _,
    } = outcome;
    all([exercise, check, why, page, seed]);
    shorten(steps);
    all(steps);
    all(reason);
    if let Some(Failure {
        expected,
        got,
        programs,
    }) = failure
    {
        all([expected, got]);
        all(programs);
    }
}

fn all<'a>(strings: impl IntoIterator<Item = &'a mut String>) {
    strings.into_iter().for_each(tidy);
}

fn tidy(string: &mut String) {
    // Most are as they should be, and a class has many.
    if !text::is_line(string, LINE) {
        *string = text::line(string, LINE);
    }
}

fn shorten(steps: &mut Vec<String>) {
    let (first, last) = STEPS;
    if steps.len() > first + last + 1 {
        let left_out = steps.len() - first - last;
        let gap = format!("… {} steps …", text::number(left_out));
        steps.splice(first..steps.len() - last, [gap]);
    }
}
