//! What came of one submission: `grade.json`.
//!
//! Everything that a mark must be defended with stands in here; the reports
//! and other people's formats are made from it and from nothing else.

use course::{Kind, Outcome, Verdict};
use serde::{Deserialize, Serialize};

/// The format of `grade.json`. A change that a reader of the old one would
/// misunderstand gets a new number.
pub const SCHEMA: &str = "sockets-with-connections/grade/v1";

/// The record of one submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// The submission's name: that of its folder or archive, without the
    /// archive's ending. It may hold anything that a file name may; bytes
    /// that are not UTF-8 are told as U+FFFD.
    pub submission: String,
    /// Whose it is, as the roster says.
    pub student: Option<Student>,
    /// How far grading came.
    pub status: Status,
    /// Everything random in the checks comes from it: hexadecimal digits.
    pub seed: String,
    /// How the submission was kept from everything else.
    pub isolation: Isolation,
    /// When grading it began, in UTC: `2026-11-23T09:30:00Z`.
    pub started: String,
    /// How long building took, in milliseconds.
    pub build_milliseconds: u64,
    /// How long building and checking took, in milliseconds.
    pub milliseconds: u64,
    /// What graded it.
    pub grader: Grader,
    /// The exercises, in the order of the book.
    pub exercises: Vec<ExerciseGrade>,
    /// What an instructor should know: files that were left out, processes
    /// that had to be ended, a check that passed only when it was repeated.
    pub notes: Vec<String>,
}

/// A row of the roster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Student {
    /// The name of the submission that belongs to it.
    pub id: String,
    /// The student's name.
    pub name: String,
}

/// How far the grading of a submission came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Status {
    /// Every check has its verdict, and none is the grader's own fault.
    Graded,
    /// It has a row in the roster and there is nothing to grade.
    Missing,
    /// Not yet, or not to the end; never a zero.
    NotGraded {
        /// Why, in a sentence.
        reason: String,
    },
}

/// How a submission was kept from everything else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Isolation {
    /// From 0 (a process group) to 3 (namespaces of its own).
    pub level: u8,
    /// The level in a word or two: `namespaces`.
    pub name: String,
    /// What was tried and what came of it, a sentence each.
    pub details: Vec<String>,
}

/// What graded a submission: whoever has the same gets the same verdicts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grader {
    /// The version of the course.
    pub version: String,
    /// SHA-256 of the checks, the manifests and the stubs, in hexadecimal.
    pub checks: String,
    /// The instructor's own checks, where there are any.
    pub pack: Option<Pack>,
    /// `rustc 1.95.0 (…)`.
    pub toolchain: String,
    /// `Linux 6.18.5 x86_64`.
    pub system: String,
}

/// An instructor's own checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// SHA-256 of its files, in hexadecimal.
    pub sha256: String,
}

/// What came of one exercise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExerciseGrade {
    /// `greeter`.
    pub name: String,
    /// `03-accept`.
    pub topic: String,
    /// What the student does.
    pub kind: Kind,
    /// What was handed in.
    pub source: Source,
    /// What the compiler made of it.
    pub build: Build,
    /// Its checks, in the order in which failures are told. All are there,
    /// whatever became of the program.
    pub checks: Vec<CheckGrade>,
}

/// The one file that a student edits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Source {
    /// Taken into the build.
    Taken {
        /// SHA-256, in hexadecimal.
        sha256: String,
        /// Its length.
        bytes: u64,
    },
    /// Taken, and it is the stub as it was handed out.
    Untouched,
    /// There is no such file.
    Missing,
    /// It is there and was not taken: a link, too large, not a file.
    Refused {
        /// Why, in a sentence.
        reason: String,
    },
}

/// What the compiler made of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Build {
    /// A program.
    Built,
    /// No program.
    Failed {
        /// What the compiler says, without colours.
        message: String,
    },
    /// Nobody tried, since there was no source.
    NotTried,
}

/// What came of one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckGrade {
    /// The verdict, the points and the story.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// From the instructor's pack: a student sees its points only where the
    /// instructor says so.
    pub hidden: bool,
    /// It ran into a deadline and passed when it was repeated at the end,
    /// when nothing was being built, with the same seed.
    pub repeated: bool,
}

impl Grade {
    /// Points got.
    pub fn points(&self) -> u32 {
        self.exercises.iter().map(ExerciseGrade::points).sum()
    }

    /// Points to be got.
    pub fn of(&self) -> u32 {
        self.exercises.iter().map(ExerciseGrade::of).sum()
    }
}

impl ExerciseGrade {
    /// Points got.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.outcome.points).sum()
    }

    /// Points to be got.
    pub fn of(&self) -> u32 {
        self.checks.iter().map(|check| check.outcome.of).sum()
    }

    /// Whether every check passed.
    pub fn passed(&self) -> bool {
        !self.checks.is_empty()
            && self
                .checks
                .iter()
                .all(|check| check.outcome.verdict == Verdict::Passed)
    }
}
