//! Pages that say something else in a hand-out.
//!
//! A line that ends with `<!-- not in hand-outs -->` does not go over, be it a
//! sentence or a row of a table. A line `<!-- in hand-outs: TEXT -->` goes over
//! as its TEXT.

use crate::course::Course;
use crate::tree::{Tree, resolve};

const NOT_THERE: &str = "<!-- not in hand-outs -->";
const ONLY_THERE: (&str, &str) = ("<!-- in hand-outs: ", " -->");

/// The table of contents.
const SUMMARY: &str = "book/src/SUMMARY.md";

pub(crate) fn change(tree: &mut Tree, course: &Course) {
    let pages: Vec<String> = tree
        .files()
        .keys()
        .filter(|path| path.ends_with(".md"))
        .cloned()
        .collect();
    for path in pages {
        let Some(text) = tree.text(&path) else {
            continue;
        };
        let mut changed = marked(text);
        if path == SUMMARY {
            changed = contents(&changed, |page| {
                course.tree.has(page) && !tree.has(page)
            });
        }
        if changed != text {
            tree.replace(&path, changed);
        }
    }
}

/// A page without the lines that stay, and with those that are only there.
fn marked(text: &str) -> String {
    let (begin, end) = ONLY_THERE;
    if !text.contains(NOT_THERE) && !text.contains(begin) {
        return text.to_owned();
    }
    let lines = text.lines().filter_map(|line| {
        if line.trim_end().ends_with(NOT_THERE) {
            return None;
        }
        let only = line
            .trim()
            .strip_prefix(begin)
            .and_then(|rest| rest.strip_suffix(end));
        Some(only.unwrap_or(line))
    });
    one_blank(lines)
}

/// The table of contents without the pages that stay, and without the headings
/// that had only those.
fn contents(text: &str, stays: impl Fn(&str) -> bool) -> String {
    let leads_away = |line: &str| {
        let link = line.split_once("](").and_then(|(_, rest)| {
            let (link, _) = rest.split_once(')')?;
            resolve(SUMMARY, link)
        });
        link.is_some_and(|page| stays(&page))
    };
    let is_heading = |line: &str| line.starts_with('#');
    let mut kept: Vec<&str> = Vec::new();
    // Whether a page of the present heading stays.
    let mut dropped = false;
    let close = |kept: &mut Vec<&str>, dropped: bool| {
        while kept.last().is_some_and(|line| line.trim().is_empty()) {
            kept.pop();
        }
        if dropped && kept.last().is_some_and(|line| is_heading(line)) {
            kept.pop();
        }
    };
    for line in text.lines() {
        if leads_away(line) {
            dropped = true;
            continue;
        }
        if is_heading(line) {
            close(&mut kept, dropped);
            dropped = false;
            if !kept.is_empty() {
                kept.push("");
            }
        }
        kept.push(line);
    }
    close(&mut kept, dropped);
    one_blank(kept.into_iter())
}

/// Lines, with one blank line where dropped ones leave two, none at the ends.
fn one_blank<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for line in lines {
        let blank = line.trim().is_empty();
        if !(blank && (text.is_empty() || text.ends_with("\n\n"))) {
            text += line;
            text.push('\n');
        }
    }
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{contents, marked};

    #[test]
    fn a_marked_line_stays_and_one_for_hand_outs_goes() {
        let page = "\
# A page

One sentence.
Look at the solution. <!-- not in hand-outs -->
<!-- in hand-outs: Ask your instructor. -->

| a | b |
|---|---|
| `solutions` | all of them | <!-- not in hand-outs -->
| c | d |

Gone as a whole. <!-- not in hand-outs -->

The mark `<!-- not in hand-outs -->` within a line does nothing.
";
        let expected = "\
# A page

One sentence.
Ask your instructor.

| a | b |
|---|---|
| c | d |

The mark `<!-- not in hand-outs -->` within a line does nothing.
";
        assert_eq!(marked(page), expected);
    }

    #[test]
    fn contents_lose_pages_that_stay_and_headings_of_nothing() {
        let summary = "\
# Summary

[Introduction](introduction.md)

# For instructors

- [Labs](instructor/labs.md)
  - [One](instructor/one.md)

# About

- [How](about/how.md)
- [Why](instructor/why.md)

# For others

- [More](instructor/more.md)
";
        let expected = "\
# Summary

[Introduction](introduction.md)

# About

- [How](about/how.md)
";
        let stays = |page: &str| page.starts_with("book/src/instructor/");
        assert_eq!(contents(summary, stays), expected);
    }
}
