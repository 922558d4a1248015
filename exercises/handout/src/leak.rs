//! No part of a solution is in a hand-out, wherever it was copied to.
//!
//! Programs that do similar things have similar lines: an idiom, an import.
//! Three lines in a row that no chapter and no stub has are a piece of this
//! program and no other.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};

use crate::course::Course;
use crate::tree::{Tree, is_topic};

/// Lines of a passage.
const LINES: usize = 3;

/// Letters of a passage, at least.
const LETTERS: usize = 90;

/// Shorter lines (a brace, an `else`) tell nothing.
const SHORTEST: usize = 8;

pub(crate) fn check(tree: &Tree, course: &Course) -> Result<()> {
    let mut common = HashSet::new();
    let mut right = Vec::new();
    for (path, text) in course.tree.texts() {
        let parts: Vec<&str> = path.split('/').collect();
        match parts[..] {
            ["chapters", topic, ..] | ["exercises", topic, "stubs", _]
                if is_topic(topic) && path.ends_with(".rs") =>
            {
                common.extend(lines(text).map(|(_, line)| line));
            }
            ["solutions", topic, "src", "bin", name] => {
                right.push((path, text));
                let stub = format!("exercises/{topic}/stubs/{name}");
                let stub_text = course.tree.text(&stub).unwrap_or_default();
                if code(stub_text) == code(text) {
                    bail!(
                        "{stub} is the solution itself; put the stub back, \
                         then try again"
                    );
                }
            }
            ["solutions", _, "also-right", ..] => right.push((path, text)),
            _ => {}
        }
    }
    let mut known = HashMap::new();
    for (path, text) in right {
        for (_, passage) in passages(text, &common) {
            known.insert(passage, path);
        }
    }
    let none = HashSet::new();
    for (path, text) in tree.texts() {
        for (at, passage) in passages(text, &none) {
            if let Some(solution) = known.get(&passage) {
                bail!(
                    "{path}, line {at}, has a piece of {solution}; take it \
                     out, then try again"
                );
            }
        }
    }
    Ok(())
}

/// The lines of a program that say something, with their numbers; imports are
/// everybody's.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut importing = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let line = line.trim();
        importing |= line.starts_with("use ");
        let says = !importing && line.len() >= SHORTEST;
        importing &= !line.ends_with(';');
        says.then_some((at + 1, line))
    })
}

/// Passages of which no line is common, with the number of the first line.
fn passages<'a>(
    text: &'a str,
    common: &HashSet<&str>,
) -> Vec<(usize, [&'a str; LINES])> {
    let all: Vec<(usize, &str)> = lines(text).collect();
    let windows = all.windows(LINES).filter_map(|window| {
        let passage: [&str; LINES] = std::array::from_fn(|at| window[at].1);
        let letters: usize = passage.iter().map(|line| line.len()).sum();
        let own = !passage.iter().any(|line| common.contains(line));
        (own && letters >= LETTERS).then_some((window[0].0, passage))
    });
    windows.collect()
}

/// A program without its comments and blank lines.
fn code(text: &str) -> Vec<&str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
        .collect()
}
