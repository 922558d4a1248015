//! What goes over, and what stays.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};

use crate::course::Course;
use crate::tree::{Tree, is_topic};

/// What may go over of the top level. A clone has more there when its owner
/// keeps marks or hidden checks in it: what is not known stays.
const TOP: &[&str] = &[
    ".cargo",
    ".clippy.toml",
    ".devcontainer",
    ".gitattributes",
    ".github",
    ".gitignore",
    ".rustfmt.toml",
    ".vscode",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-CC-BY-4.0",
    "LICENSE-MIT",
    "README.md",
    "book",
    "chapters",
    "exercises",
];

/// What stays of it, and why: files and folders.
const STAYS: &[(&str, &str)] = &[
    ("solutions", "the solutions, and the proof that needs them"),
    ("exercises/grade", "grading a class"),
    ("exercises/handout", "this tool"),
    ("exercises/lab/tests", "they solve exercises"),
    ("exercises/lab/benches", "they solve exercises"),
    ("exercises/lab/recorded/help.txt", "it lists all commands"),
    ("book/src/instructor", "the instructor's part of the book"),
    ("book/checks/tests/instructor.rs", "it reads that part"),
    ("book/checks/tests/solutions.rs", "it reads the solutions"),
    (".ci", "the gate of the whole course"),
    (".github", "the project's own, but for the picture"),
    (".lab", "somebody's progress"),
];

/// What goes over all the same.
const GOES: &[&str] = &[".github/page.png"];

/// Whether a file of the course is known to be no part of a hand-out.
fn stays(path: &str) -> bool {
    !GOES.contains(&path)
        && STAYS
            .iter()
            .any(|(stays, _)| Path::new(path).starts_with(stays))
}

/// The first part of a path.
fn top(path: &str) -> &str {
    path.split('/').next().unwrap_or(path)
}

/// What lies at the top and is not known.
pub(crate) fn unknown(course: &Course) -> BTreeSet<&str> {
    let paths = course.tree.files().keys().filter(|path| !stays(path));
    let tops = paths.map(|path| top(path));
    tops.filter(|top| !TOP.contains(top)).collect()
}

/// Whether this is the file of an exercise that a learner edits.
fn is_learners(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    matches!(parts[..], ["exercises", topic, "src", "bin", _]
        if is_topic(topic))
}

/// The files that go over, unchanged but for the exercises, each of which is
/// its stub, whatever an instructor has made of it.
pub(crate) fn select(course: &Course) -> Result<Tree> {
    let mut tree = Tree::default();
    for (path, file) in course.tree.files() {
        if stays(path) || is_learners(path) || !TOP.contains(&top(path)) {
            continue;
        }
        tree.insert(path.clone(), file.clone());
        let parts: Vec<&str> = path.split('/').collect();
        if let ["exercises", topic, "stubs", name] = parts[..] {
            let file = file.clone();
            tree.insert(format!("exercises/{topic}/src/bin/{name}"), file);
        }
    }
    // What the checks of a hand-out begin with; without it there is none.
    tree.text("Cargo.toml").context("there is no Cargo.toml")?;
    Ok(tree)
}
