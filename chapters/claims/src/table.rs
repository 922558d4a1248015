//! The register with what was measured, as a page of the book.

use std::fmt::Write as _;

use crate::run::{Measured, Verdict};
use crate::{Claim, Outcome, Section};

/// What the register says beside the word of a verdict; nothing where the
/// manual is right.
pub fn beside(outcome: Outcome) -> Option<String> {
    match outcome {
        Outcome::Holds => None,
        Outcome::OnlyIf(condition) => Some(format!("… {condition}.")),
        Outcome::Differs(instead) => Some(instead.to_owned()),
        Outcome::CannotBeProvoked(tried) => Some(format!("Tried: {tried}")),
    }
}

/// How many claims came out how, in a line.
pub fn summary(results: &[Measured]) -> String {
    let count = |wanted: &[Verdict]| {
        let same = results.iter().filter(|r| wanted.contains(&r.verdict));
        same.count()
    };
    let mut parts = vec![
        format!("{} held", count(&[Verdict::Held])),
        format!("{} under a condition", count(&[Verdict::HeldIf])),
        format!("{} differed as expected", count(&[Verdict::Differed])),
        format!("{} can't be provoked", count(&[Verdict::NotProvoked])),
        format!("{} unexpected", count(&[Verdict::Unexpected])),
        format!("{} skipped", count(&[Verdict::Skipped])),
    ];
    let failed = count(&[Verdict::Failed]);
    if failed > 0 {
        parts.push(format!("{failed} could not be measured"));
    }
    format!("{} claims: {}", results.len(), parts.join(", "))
}

/// The page's table, section by section. Links lead from `book/src`.
pub fn markdown(results: &[Measured]) -> String {
    let mut text = format!("{}.\n", summary(results));
    for section in Section::ALL {
        let own: Vec<_> = results
            .iter()
            .filter(|result| result.claim.section() == section)
            .collect();
        if own.is_empty() {
            continue;
        }
        let _ = write!(
            text,
            "\n## {}\n\n| id | claim | what your kernel is expected to do |\n\
             |---|---|---|\n",
            section.title()
        );
        for result in own {
            text += &row(&result.claim, result.verdict);
        }
    }
    text
}

fn row(claim: &Claim, verdict: Verdict) -> String {
    let found = match verdict {
        Verdict::Unexpected | Verdict::Skipped | Verdict::Failed => {
            // Not to be recorded: the test says so.
            format!("{verdict:?}")
        }
        _ => match claim.outcome {
            Outcome::Holds => "**holds**".to_owned(),
            Outcome::OnlyIf(condition) => {
                format!("**only if** {}", cell(condition))
            }
            Outcome::Differs(instead) => {
                format!("**differs**: {}", cell(instead))
            }
            Outcome::CannotBeProvoked(tried) => {
                format!("**can't be provoked**; tried: {}", cell(tried))
            }
        },
    };
    let posix = match claim.posix {
        "" => String::new(),
        posix => format!(" POSIX: {}", cell(posix)),
    };
    let stop = if found.ends_with('.') { "" } else { "." };
    format!(
        "| <span id=\"{}\" style=\"white-space: nowrap\">[{}]({})</span> \
         | {} | {found}{stop} {}{posix} |\n",
        claim.id.to_lowercase(),
        claim.id,
        claim.page,
        cell(claim.says),
        cell(claim.why),
    )
}

/// Text that ends no cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
