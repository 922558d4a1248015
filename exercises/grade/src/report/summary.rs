//! The summary of a job on GitHub Actions: Markdown of at most 1 MiB.
//!
//! See *Adding a job summary* in GitHub's *Workflow commands*.

use std::fmt::Write as _;

use course::Verdict;

use super::book;
use super::story;
use super::text::{fenced, html, markdown, sentence};
use super::view::{Points, Seen, Visibility};
use crate::grade::{ExerciseGrade, Grade, Source};

/// What GitHub takes for one step; more, and it shows nothing at all.
const MOST: usize = 1024 * 1024;

/// Points in a table, and below it the story of every check that is not
/// passed.
pub fn summary(grade: &Grade, visibility: Visibility) -> String {
    text(&Seen::new(grade, visibility))
}

pub(crate) fn text(seen: &Seen) -> String {
    let grade = &seen.grade;
    let mut text = format!("## {}\n\n", markdown(seen.name()));
    let _ = writeln!(text, "**{}**\n", markdown(&seen.standing()));
    if !grade.exercises.is_empty() {
        text.push_str("| exercise | points | of | not passed |\n");
        text.push_str("|---|--:|--:|---|\n");
        for exercise in &grade.exercises {
            row(&mut text, exercise);
        }
        text.push('\n');
    }
    let graded = format!(
        "Seed `{}`, isolation {} (level {}), {}, {}.\n",
        code(&grade.seed),
        markdown(&grade.isolation.name),
        grade.isolation.level,
        markdown(&grade.grader.toolchain),
        markdown(&grade.grader.system),
    );
    if let Some(missing) = story::without_file(&grade.exercises) {
        let _ = writeln!(text, "{}\n", markdown(&missing));
    }
    let mut left_out = 0;
    for exercise in &grade.exercises {
        for story in stories(exercise) {
            // Room for what follows, and for the sentence that says so.
            if text.len() + story.len() + graded.len() + 200 > MOST {
                left_out += 1;
            } else {
                text.push_str(&story);
            }
        }
    }
    if left_out > 0 {
        let _ = writeln!(
            text,
            "{left_out} more stories found no room here; `grade.json` and \
             `report.html` have them all.\n"
        );
    }
    text.push_str(&graded);
    text
}

fn row(text: &mut String, exercise: &ExerciseGrade) {
    let points = Points::of_exercise(exercise);
    let told = exercise.checks.iter().filter(|_| {
        // Without a file it is all of them.
        exercise.source != Source::Missing
    });
    let others: Vec<String> = told
        .filter(|check| check.outcome.verdict != Verdict::Passed)
        .map(|check| {
            let name = markdown(&sentence(&check.outcome.check));
            match check.outcome.verdict {
                Verdict::Failed => name,
                verdict => format!("{name} ({})", story::word(verdict)),
            }
        })
        .collect();
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} |",
        markdown(&exercise.name),
        points.got,
        points.of,
        others.join("; ")
    );
}

/// A part for each thing there is to say of an exercise.
fn stories(exercise: &ExerciseGrade) -> Vec<String> {
    let mut parts = Vec::new();
    if exercise.source == Source::Missing {
        return parts;
    }
    if let Some((why, said)) = story::no_program(exercise) {
        let mut part = format!(
            "### {}\n\n{}\n\n",
            markdown(&exercise.name),
            markdown(&why)
        );
        if let Some(said) = said {
            part.push_str(&fenced(said));
            part.push('\n');
        }
        parts.push(part);
    }
    for check in &exercise.checks {
        let outcome = &check.outcome;
        let is_fine = outcome.verdict == Verdict::Passed && !check.repeated;
        if is_fine || !story::tells_more(check, exercise) {
            continue;
        }
        let word = match outcome.verdict {
            Verdict::Passed => "passed when it was repeated",
            verdict => story::word(verdict),
        };
        let mut part = format!(
            "<details><summary>{} ({word})</summary>\n\n{}\n",
            // A block of HTML, where Markdown means nothing.
            html(&story::title(check)),
            fenced(&story::story(check))
        );
        if let Some(address) = book::address(&outcome.page) {
            let name = markdown(book::name(&outcome.page));
            let _ = writeln!(part, "[Read {name}]({address})\n");
        }
        part.push_str("</details>\n\n");
        parts.push(part);
    }
    parts
}

/// What may stand between two backticks.
fn code(text: &str) -> String {
    text.replace('`', "'")
}
