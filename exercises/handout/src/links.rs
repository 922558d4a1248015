//! No page of a hand-out leads to, or shows, what stayed behind.

use std::sync::LazyLock;

use anyhow::{Result, bail};
use regex::Regex;

use crate::course::Course;
use crate::tree::{Tree, resolve};

/// A link or an include, and where it leads.
static LEADS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"\]\(([^)#\s]+)",
        r##"|\b(?:href|src)="([^"#]+)"##,
        r"|\{\{#[a-z_]+\s+([^}:]+)",
    ))
    .expect("written in this file")
});

pub(crate) fn check(tree: &Tree, course: &Course) -> Result<()> {
    for (path, text) in tree.texts() {
        if !path.ends_with(".md") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            let leads = LEADS.captures_iter(line);
            let leads = leads.filter_map(|found| {
                let to = found.iter().skip(1).flatten().next()?;
                resolve(path, to.as_str().trim())
            });
            for to in leads {
                let stayed = course.tree.has(&to) && !tree.has(&to);
                let stayed = stayed
                    || course.tree.has_folder(&to) && !tree.has_folder(&to);
                if stayed {
                    bail!(
                        "{path}, line {}, leads to {to}, which is not handed \
                         out; end a line that is for the whole course only \
                         with <!-- not in hand-outs -->",
                        number(line, at, path, course)
                    );
                }
            }
        }
    }
    Ok(())
}

/// The number of a line in the course's own file, which may have more of them.
fn number(line: &str, at: usize, path: &str, course: &Course) -> usize {
    let own = course.tree.text(path).unwrap_or_default();
    own.lines().position(|own| own == line).unwrap_or(at) + 1
}
