//! The class as tools for finding similar programs want it: a folder for each
//! submission with nothing in it but the files that were taken, and beside
//! them the stubs that everybody began with.
//!
//! `jplag -l rust FOLDER/submissions -bc FOLDER/stubs` compares whole
//! submissions; `dolos run -l rust FOLDER/submissions/*/greeter.rs` one
//! exercise.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::report::names_csv;
use crate::store::safe_names;

/// What was taken of one submission.
#[derive(Debug, Clone)]
pub struct Work<'a> {
    /// Its name.
    pub submission: &'a str,
    /// Each exercise with the text of its file.
    pub files: Vec<(&'a str, &'a [u8])>,
}

/// What [`export`] has written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exported {
    /// Submissions that have something of their own.
    pub submissions: usize,
    /// Their files.
    pub files: usize,
    /// Files that were left out, since they are the stub as it was handed
    /// out: all of those are alike.
    pub untouched: usize,
}

/// Writes `submissions/NAME/EXERCISE.rs` for every file that is not its stub,
/// `stubs/EXERCISE.rs`, and `names.csv`, which says whose folder is whose.
/// The folder must not hold anything yet: a file of an earlier class would be
/// compared as well.
pub fn export(
    out: &Path,
    class: &[Work<'_>],
    stubs: &[(&str, &[u8])],
) -> Result<Exported> {
    let at = || format!("write {}", out.display());
    fs::create_dir_all(out).with_context(at)?;
    if fs::read_dir(out).with_context(at)?.next().is_some() {
        bail!(
            "{} is not empty; name a new folder, or remove it",
            out.display()
        );
    }
    for (exercise, text) in stubs {
        put(&out.join("stubs"), exercise, text)?;
    }
    let of_names: Vec<String> = class
        .iter()
        .map(|work| work.submission.to_owned())
        .collect();
    let names = safe_names(&of_names);
    let mut exported = Exported::default();
    for (work, name) in class.iter().zip(&names) {
        let folder = out.join("submissions").join(name);
        let mut own = 0;
        for (exercise, text) in &work.files {
            if stubs.contains(&(*exercise, *text)) {
                exported.untouched += 1;
            } else {
                put(&folder, exercise, text)?;
                own += 1;
            }
        }
        exported.submissions += usize::from(own > 0);
        exported.files += own;
    }
    let both = names.iter().zip(&of_names);
    let table = names_csv(both.map(|(name, of)| (&**name, &**of)))?;
    fs::write(out.join("names.csv"), table).with_context(at)?;
    Ok(exported)
}

fn put(folder: &Path, exercise: &str, text: &[u8]) -> Result<()> {
    let file = folder.join(format!("{exercise}.rs"));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&file, text))
        .with_context(|| format!("write {}", file.display()))
}
