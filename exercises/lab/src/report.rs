//! How verdicts are shown.

use std::fmt::Write as _;

use colored::Colorize;
use course::{Outcome, Verdict};

use crate::map::Task;
use crate::screen::{hang, width, wrap};

/// A check's name as the sentence that it is.
pub(crate) fn sentence(check: &str) -> String {
    check.replace('_', " ")
}

/// One line for a check that has ended.
pub(crate) fn line(outcome: &Outcome) -> String {
    let (mark, points) = match outcome.verdict {
        Verdict::Passed => ("ok      ".green(), outcome.of),
        Verdict::Failed => ("not yet ".red(), 0),
        Verdict::Skipped => ("skipped ".yellow(), 0),
        Verdict::GraderError => ("error   ".yellow(), 0),
    };
    let points = format!("{points}/{}", outcome.of);
    let name = wrap(&sentence(&outcome.check), "               ");
    format!("  {mark}{points:<4} {}", name.trim_start())
}

/// What is to be said of an exercise once all its checks have ended: the
/// first failure in full, the others folded.
pub(crate) fn stories(outcomes: &[Outcome]) -> String {
    told(outcomes, true)
}

/// The same without the failures that follow the first one, for a screen that
/// has no room for them.
pub(crate) fn first_story(outcomes: &[Outcome]) -> String {
    told(outcomes, false)
}

fn told(outcomes: &[Outcome], others: bool) -> String {
    let mut text = String::new();
    let mut told = false;
    for outcome in outcomes {
        let name = sentence(&outcome.check).bold();
        match outcome.verdict {
            Verdict::Passed => {}
            Verdict::Skipped => {
                let _ = writeln!(text, "\n{name}\n  {}", outcome.folded());
            }
            Verdict::GraderError => {
                let _ = writeln!(
                    text,
                    "\n{name}\n{}\n{}",
                    "A fault of the check, not of your program: no points \
                     are lost. Please report it."
                        .yellow(),
                    outcome.story()
                );
            }
            Verdict::Failed if told => {
                let failure = outcome.failure.as_ref().filter(|_| others);
                if let Some(failure) = failure {
                    let _ = writeln!(
                        text,
                        "\n{name}\n{}\n{}",
                        hang(&failure.expected, "  expected: ", FOLDED),
                        hang(&failure.got, "       got: ", FOLDED)
                    );
                }
            }
            Verdict::Failed => {
                told = true;
                let _ = write!(text, "\n{name}\n{}", story(outcome));
            }
        }
    }
    text
}

/// Where they begin in a story that is folded.
const FOLDED: &str = "            ";

/// Where the words of a story begin, behind `expected:`.
const INDENT: &str = "          ";

/// A story in full, its turning point marked.
fn story(outcome: &Outcome) -> String {
    let mut text = String::new();
    for line in outcome.story().lines() {
        let line = hang(line, "", INDENT);
        let line = if line.starts_with("expected:") {
            line.green()
        } else if line.trim_start().starts_with("got:") {
            line.red()
        } else {
            line.normal()
        };
        let _ = writeln!(text, "{line}");
    }
    for (head, command) in [("   again:", "check"), ("     see:", "trace")] {
        // On Linux alone there is something to see.
        if command == "trace" && !cfg!(target_os = "linux") {
            continue;
        }
        // The command is to be copied: broken as a shell reads it, if at all.
        let words = [
            format!("{head} cargo lab {command} {}", outcome.exercise),
            format!("--seed {}", outcome.seed),
            format!("--check {}", outcome.check),
        ];
        let line = words.join(" ");
        let _ = if line.len() <= width() {
            writeln!(text, "{line}")
        } else {
            writeln!(text, "{}", words.join(" \\\n              "))
        };
    }
    text
}

/// The verdict on an exercise, in a line.
pub(crate) fn verdict(task: Task<'_>, outcomes: &[Outcome]) -> String {
    let points: u32 = outcomes.iter().map(|outcome| outcome.points).sum();
    let lost = |outcome: &&Outcome| {
        !matches!(outcome.verdict, Verdict::Skipped | Verdict::GraderError)
    };
    let of: u32 = outcomes.iter().filter(lost).map(|o| o.of).sum();
    let name = task.name();
    if passed(outcomes) {
        format!("{name}: {points} of {of} points")
            .green()
            .bold()
            .to_string()
    } else {
        format!("{name}: {points} of {of} points, not yet")
            .red()
            .bold()
            .to_string()
    }
}

/// Whether every check that this machine can run has passed.
pub(crate) fn passed(outcomes: &[Outcome]) -> bool {
    let fine =
        |o: &Outcome| matches!(o.verdict, Verdict::Passed | Verdict::Skipped);
    !outcomes.is_empty()
        && outcomes.iter().all(fine)
        && outcomes.iter().any(|o| o.verdict == Verdict::Passed)
}
