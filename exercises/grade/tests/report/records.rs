//! Records to make reports of.

use course::{Failure, Kind, Outcome, Surroundings, Verdict};
use grade::{
    Build, CheckGrade, ExerciseGrade, Grade, Grader, Isolation, Pack, SCHEMA,
    Source, Status, Student,
};

/// A real one: the verdicts were given by the checks.
pub(crate) fn sample() -> Grade {
    serde_json::from_str(include_str!("sample.json")).unwrap()
}

/// Random ones, the same in every run; `told` names the seed of each.
pub(crate) fn random(each: impl Fn(&Grade)) {
    for seed in 0..100 {
        let grade = Maker(fastrand::Rng::with_seed(seed)).grade();
        // Shown where one of them fails.
        println!("the record of seed {seed}");
        each(&grade);
    }
}

/// What a folder may be called and a program may print.
pub(crate) const HOSTILE: [&str; 21] = [
    "<script>alert(1)</script>",
    "</title></style></textarea><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "=HYPERLINK(\"http://a.invalid\",\"ana\")",
    "+1+1",
    "-2",
    "@SUM(A1:A9)",
    "\t=1",
    "\r=1",
    "a,b\"c\nd",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\u{9b}31m",
    "fdp.\u{202e}exe\u{2066}",
    "\0\u{1}\u{b}\u{fffe}\u{ffff}\u{7f}",
    "| a | b |\n|---|---|\n# top\n1. x",
    "[x](javascript:alert(1)) @everyone #1 $a$ ~~b~~ `c` ![d](e) **f**",
    "````\n```text\n</details>",
    "````\n# top\n<img src=x onerror=alert(1)>",
    "]]> <!-- --> &amp; &#60; <![CDATA[",
    "12 of 12 points",
    "   why: none\n    read: nowhere\nexpected: all",
];

struct Maker(fastrand::Rng);

impl Maker {
    fn grade(&mut self) -> Grade {
        let exercises: Vec<ExerciseGrade> = (0..self.0.usize(0..5))
            .map(|at| self.exercise(at))
            .collect();
        let fault = exercises
            .iter()
            .flat_map(|e| &e.checks)
            .any(|check| check.outcome.verdict == Verdict::GraderError);
        let status = match self.0.u32(0..10) {
            _ if fault => Status::NotGraded {
                reason: self.text(),
            },
            0 => Status::NotGraded {
                reason: self.text(),
            },
            1 => Status::Missing,
            _ => Status::Graded,
        };
        Grade {
            schema: SCHEMA.to_owned(),
            submission: self.text(),
            student: self.0.bool().then(|| Student {
                id: self.text(),
                name: self.text(),
            }),
            status,
            seed: format!("{:x}", self.0.u64(..)),
            isolation: Isolation {
                level: self.0.u8(0..4),
                name: self.text(),
                details: self.texts(),
            },
            started: "2026-11-23T09:30:00Z".to_owned(),
            build_milliseconds: self.0.u64(0..9_999),
            milliseconds: self.0.u64(..),
            grader: Grader {
                version: "0.1.0".to_owned(),
                checks: format!("{:064x}", self.0.u128(..)),
                pack: self.0.bool().then(|| Pack {
                    name: self.text(),
                    sha256: self.text(),
                }),
                toolchain: self.text(),
                system: self.text(),
            },
            exercises,
            notes: self.texts(),
        }
    }

    fn exercise(&mut self, at: usize) -> ExerciseGrade {
        let name = format!("exercise-{at}");
        let checks = (0..self.0.usize(0..7))
            .map(|place| self.check(&name, place))
            .collect();
        ExerciseGrade {
            topic: format!("{:02}-topic", at / 2),
            kind: *self.one_of(&[Kind::Make, Kind::Mend, Kind::Break]),
            source: match self.0.u32(0..5) {
                0 => Source::Missing,
                1 => Source::Untouched,
                2 => Source::Refused {
                    reason: self.text(),
                },
                _ => Source::Taken {
                    sha256: self.text(),
                    bytes: self.0.u64(..),
                },
            },
            build: match self.0.u32(0..4) {
                0 => Build::Failed {
                    message: self.text(),
                },
                1 => Build::NotTried,
                _ => Build::Built,
            },
            checks,
            name,
        }
    }

    fn check(&mut self, exercise: &str, place: usize) -> CheckGrade {
        use Verdict::{Failed, GraderError, Passed, Skipped};
        let of = self.0.u32(0..6);
        let verdict = *self.one_of(&[
            Passed,
            Passed,
            Passed,
            Passed,
            Failed,
            Failed,
            Failed,
            Skipped,
            Skipped,
            GraderError,
        ]);
        // A verdict of its own is rare: most records should be marks.
        let verdict = match verdict {
            GraderError if self.0.u32(0..4) > 0 => Failed,
            verdict => verdict,
        };
        let points = match verdict {
            Passed => of,
            Failed => self.0.u32(0..=of / 2),
            Skipped | GraderError => 0,
        };
        CheckGrade {
            outcome: Outcome {
                exercise: exercise.to_owned(),
                check: format!("it_does_thing_{place}"),
                place,
                verdict,
                points,
                of,
                steps: self.texts(),
                failure: (verdict == Failed).then(|| Failure {
                    expected: self.text(),
                    got: self.text(),
                    programs: self.texts(),
                }),
                reason: matches!(verdict, Skipped | GraderError)
                    .then(|| self.text()),
                why: self.text(),
                page: if self.0.bool() {
                    "book/src/03-accept/accept.md".to_owned()
                } else {
                    self.text()
                },
                seed: format!("{:x}", self.0.u64(..)),
                surroundings: *self
                    .one_of(&[Surroundings::Private, Surroundings::Shared]),
                milliseconds: self.0.u64(0..9_999),
            },
            hidden: self.0.u32(0..5) == 0,
            repeated: self.0.u32(0..9) == 0,
        }
    }

    fn texts(&mut self) -> Vec<String> {
        // Now and then more than anybody wants to read.
        let most = if self.0.u32(0..60) == 0 { 100 } else { 4 };
        (0..self.0.usize(0..most)).map(|_| self.text()).collect()
    }

    fn text(&mut self) -> String {
        match self.0.u32(0..12) {
            0 => (0..self.0.usize(0..40)).map(|_| self.0.char(..)).collect(),
            1 => "x".repeat(self.0.usize(0..6_000)),
            2 => String::new(),
            _ => {
                let one = *self.one_of(&HOSTILE);
                let two = *self.one_of(&HOSTILE);
                format!("{one}{two}")
            }
        }
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.0.usize(..all.len())]
    }
}
