//! What the tests of the book share: its pages, its programs, its tables, as
//! they lie in the folders.
//!
//! mdBook exits 0 when an included file is missing, when an anchor is missing,
//! and when a link leads nowhere. The tests in `tests/` do not.

use std::fs;
use std::path::{Path, PathBuf};

mod curriculum;
mod page;
mod program;

pub use curriculum::{
    Curriculum, Lesson, Misconception, Pages, misconceptions,
};
pub use page::{
    Fence, Figure, Include, Link, Page, anchor_of, join, pages, summary,
};
pub use program::{Program, exercises, programs};

/// The folder of the whole project.
///
/// # Panics
///
/// Where this package no longer lies two folders below it.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("book/checks lies two folders below the top")
        .to_owned()
}

/// The text of a file of the project, by its path from the top.
///
/// # Panics
///
/// Where it can't be read; the message names it.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("read {}: {error}", path.display()))
}

/// Names of the entries of a folder of the project, sorted.
///
/// # Panics
///
/// Where it can't be read.
pub fn entries(path: impl AsRef<Path>) -> Vec<String> {
    let path = root().join(path);
    let list = fs::read_dir(&path)
        .unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    let mut names: Vec<String> = list
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names
}

/// The topics, in the order in which they are learnt: `00-first-contact`, …
pub fn topics() -> Vec<String> {
    entries("chapters")
        .into_iter()
        .filter(|name| is_topic(name))
        .collect()
}

/// Whether a folder's name is that of a topic: two digits, a dash, a slug.
pub fn is_topic(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() > 3
        && bytes[..2].iter().all(u8::is_ascii_digit)
        && bytes[2] == b'-'
}

/// Fails the test with every problem on a line of its own.
///
/// # Panics
///
/// Where there is a problem.
pub fn none(what: &str, problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{what}: {}\n  {}\n",
        problems.len(),
        problems.join("\n  ")
    );
}
