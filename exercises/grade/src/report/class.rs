//! The class in one table, for the instructor.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context, Result};
use course::Verdict;
use csv::{Terminator, Writer, WriterBuilder};

use super::story::title;
use super::text::{cell, count, line, markdown, sentence};
use super::view::{Points, Seen, Visibility, is_final};
use crate::grade::{Build, ExerciseGrade, Grade, Status};

/// One row a submission: points an exercise and in all, and everything that a
/// mark is defended with. Points that are no mark are an empty cell, which no
/// spreadsheet takes for a zero.
pub fn class_csv(grades: &[Grade]) -> Result<String> {
    Class::new(grades).csv()
}

/// The same to be read: the table, where programs lost points, and what
/// the instructor should know of each submission.
pub fn class_markdown(grades: &[Grade]) -> String {
    Class::new(grades).markdown()
}

/// Which folder is whose submission's.
pub(crate) fn names_csv<'a>(
    names: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<String> {
    let mut table = table();
    table.write_record(["folder", "submission"])?;
    for (folder, submission) in names {
        let submission = cell(&line(submission, NAME));
        table.write_record([folder, &submission])?;
    }
    text_of(table)
}

/// The longest name that is told, in characters.
const NAME: usize = 2_000;

/// A table as RFC 4180 wants it.
fn table() -> Writer<Vec<u8>> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new())
}

fn text_of(table: Writer<Vec<u8>>) -> Result<String> {
    let bytes = table.into_inner().context("write the table")?;
    String::from_utf8(bytes).context("write the table")
}

/// A class, tidied.
pub(crate) struct Class {
    rows: Vec<Seen>,
    /// Every exercise that any of them has, in the order of the book.
    exercises: Vec<String>,
}

impl Class {
    pub(crate) fn new(grades: &[Grade]) -> Class {
        let rows: Vec<Seen> = grades
            .iter()
            .map(|grade| Seen::new(grade, Visibility::Instructor))
            .collect();
        let mut exercises: Vec<(String, String)> = Vec::new();
        for exercise in rows.iter().flat_map(|seen| &seen.grade.exercises) {
            let known = |(_, name): &(String, String)| *name == exercise.name;
            if !exercises.iter().any(known) {
                let topic = exercise.topic.clone();
                exercises.push((topic, exercise.name.clone()));
            }
        }
        // Topics are numbered; within one, the order of the course stays.
        exercises.sort_by(|one, other| one.0.cmp(&other.0));
        let exercises = exercises.into_iter().map(|(_, name)| name).collect();
        Class { rows, exercises }
    }

    /// See [`class_csv`].
    pub(crate) fn csv(&self) -> Result<String> {
        let mut table = table();
        let mut head: Vec<String> = ["submission", "student", "status"]
            .map(str::to_owned)
            .into();
        head.extend(["points", "of", "not checked"].map(str::to_owned));
        head.extend(self.exercises.iter().map(|e| cell(e)));
        head.extend(
            ["isolation", "seed", "started", "notes"].map(str::to_owned),
        );
        table.write_record(&head)?;
        for seen in &self.rows {
            let grade = &seen.grade;
            let points = mark(grade);
            let one = |n: fn(Points) -> u32| {
                points.map(n).map(|n| n.to_string()).unwrap_or_default()
            };
            let mut row = vec![
                cell(&grade.submission),
                cell(grade.student.as_ref().map_or("", |s| &s.name)),
                status(grade).to_owned(),
                one(|p| p.got),
                one(|p| p.of),
                one(|p| p.open),
            ];
            row.extend(self.exercises.iter().map(|name| {
                let points = self.points(grade, name);
                points.map(|p| p.got.to_string()).unwrap_or_default()
            }));
            let isolation = &grade.isolation;
            row.push(cell(&format!("{} {}", isolation.level, isolation.name)));
            // A seed of digits and one e is a number to a spreadsheet.
            row.push(match &*grade.seed {
                "" => String::new(),
                seed => format!("seed {seed}"),
            });
            row.push(cell(&grade.started));
            row.push(cell(&notes(grade).join(" | ")));
            table.write_record(&row)?;
        }
        text_of(table)
    }

    /// See [`class_markdown`].
    pub(crate) fn markdown(&self) -> String {
        let mut text = "# The class\n\n".to_owned();
        let _ = writeln!(text, "{}\n", self.in_a_sentence());
        self.graders(&mut text);
        text.push_str("| submission | student | status | points | of |");
        for name in &self.exercises {
            let _ = write!(text, " {} |", markdown(name));
        }
        text.push_str("\n|---|---|---|--:|--:|");
        text.push_str(&"--:|".repeat(self.exercises.len()));
        text.push('\n');
        for seen in &self.rows {
            let grade = &seen.grade;
            let points = mark(grade);
            let one = |n: fn(Points) -> u32| {
                points.map(n).map(|n| n.to_string()).unwrap_or_default()
            };
            let _ = write!(
                text,
                "| {} | {} | {} | {} | {} |",
                markdown(&grade.submission),
                markdown(grade.student.as_ref().map_or("", |s| &s.name)),
                status(grade),
                one(|p| p.got),
                one(|p| p.of),
            );
            for name in &self.exercises {
                let points = self.points(grade, name);
                let got = points.map(|p| p.got.to_string()).unwrap_or_default();
                let _ = write!(text, " {got} |");
            }
            text.push('\n');
        }
        text.push('\n');
        self.checks(&mut text);
        self.notes(&mut text);
        text
    }

    /// The points of one exercise, unless they are no mark.
    fn points(&self, grade: &Grade, exercise: &str) -> Option<Points> {
        debug_assert!(self.exercises.iter().any(|name| name == exercise));
        mark(grade)?;
        let exercise = grade.exercises.iter().find(|e| e.name == exercise)?;
        Some(Points::of_exercise(exercise))
    }

    fn in_a_sentence(&self) -> String {
        let with = |word: &str| {
            let those = self.rows.iter().filter(|s| status(&s.grade) == word);
            those.count()
        };
        format!(
            "{}: {} graded, {} missing, {} not graded.",
            count(self.rows.len(), "submission"),
            with("graded"),
            with("missing"),
            with("not graded")
        )
    }

    /// What graded them: one line where all are comparable.
    fn graders(&self, text: &mut String) {
        let mut graders: BTreeMap<String, usize> = BTreeMap::new();
        for seen in &self.rows {
            let Grade {
                grader, isolation, ..
            } = &seen.grade;
            // Nothing has graded what is missing.
            if grader.checks.is_empty() {
                continue;
            }
            let pack = grader.pack.as_ref().map_or(String::new(), |pack| {
                format!(", hidden checks {} {}", pack.name, start(&pack.sha256))
            });
            let told = format!(
                "checks {}{pack}, isolation {} (level {}), {}, {}",
                start(&grader.checks),
                isolation.name,
                isolation.level,
                grader.toolchain,
                grader.system
            );
            *graders.entry(told).or_default() += 1;
        }
        for (told, rows) in graders {
            let rows = count(rows, "submission");
            let _ = writeln!(text, "- {rows}: {}", markdown(&told));
        }
        text.push('\n');
    }

    /// Where programs lost points, the most often failed check first.
    fn checks(&self, text: &mut String) {
        let mut checks: BTreeMap<(usize, usize, String), [u32; 3]> =
            BTreeMap::new();
        for seen in &self.rows {
            let programs = seen.grade.exercises.iter();
            for exercise in programs.filter(|e| e.build == Build::Built) {
                let place = self.place(exercise);
                for (at, check) in exercise.checks.iter().enumerate() {
                    let outcome = &check.outcome;
                    let name = outcome.check.clone();
                    let seen = checks.entry((place, at, name)).or_default();
                    match outcome.verdict {
                        Verdict::Passed => seen[0] += 1,
                        Verdict::Failed => {
                            seen[0] += 1;
                            seen[1] += 1;
                        }
                        Verdict::Skipped | Verdict::GraderError => {
                            seen[2] += 1;
                        }
                    }
                }
            }
        }
        let mut checks: Vec<_> = checks
            .into_iter()
            .filter(|(_, [_, failed, open])| failed + open > 0)
            .collect();
        if checks.is_empty() {
            return;
        }
        checks.sort_by_key(|(_, [_, failed, _])| std::cmp::Reverse(*failed));
        text.push_str("## Where programs lost points\n\n");
        text.push_str("| exercise | check | failed | of | not checked |\n");
        text.push_str("|---|---|--:|--:|--:|\n");
        for ((place, _, check), [ran, failed, open]) in checks {
            let exercise = markdown(&self.exercises[place]);
            let check = markdown(&sentence(&check));
            let _ = writeln!(
                text,
                "| {exercise} | {check} | {failed} | {ran} | {open} |"
            );
        }
        text.push('\n');
    }

    fn place(&self, exercise: &ExerciseGrade) -> usize {
        let same = |name: &String| *name == exercise.name;
        self.exercises.iter().position(same).unwrap_or_default()
    }

    fn notes(&self, text: &mut String) {
        let mut begun = false;
        for seen in &self.rows {
            let notes = notes(&seen.grade);
            if notes.is_empty() {
                continue;
            }
            if !begun {
                text.push_str("## Notes\n\n");
                begun = true;
            }
            let _ = writeln!(text, "- {}", markdown(&seen.grade.submission));
            for note in notes {
                let _ = writeln!(text, "  - {}", markdown(&note));
            }
        }
    }
}

/// As much of a checksum as tells two apart.
fn start(sum: &str) -> &str {
    sum.get(..12).unwrap_or(sum)
}

/// The points of a submission, if they are a mark.
fn mark(grade: &Grade) -> Option<Points> {
    is_final(grade).then(|| Points::of_grade(grade))
}

fn status(grade: &Grade) -> &'static str {
    match &grade.status {
        Status::Missing => "missing",
        Status::Graded if is_final(grade) => "graded",
        Status::Graded | Status::NotGraded { .. } => "not graded",
    }
}

/// What stands in the record for the instructor, and why there is no mark.
fn notes(grade: &Grade) -> Vec<String> {
    let mut notes = Vec::new();
    if let Status::NotGraded { reason } = &grade.status {
        notes.push(format!("not graded: {reason}"));
    }
    for exercise in &grade.exercises {
        for check in &exercise.checks {
            let outcome = &check.outcome;
            let name = title(check);
            if outcome.verdict == Verdict::GraderError {
                let why = outcome.reason.as_deref().unwrap_or("no reason");
                notes.push(format!("{name}: fault of the check: {why}"));
            }
            if check.repeated {
                notes.push(format!("{name}: passed when it was repeated"));
            }
        }
    }
    notes.extend(grade.notes.iter().cloned());
    notes
}
