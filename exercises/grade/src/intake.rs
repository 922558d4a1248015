//! What a submission holds: of each exercise one file at most, and nothing
//! else is ever looked at.
//!
//! A submission is a folder (a clone of the course, a part of one, or the
//! files alone) or an archive of such a folder. What it calls its files is
//! nobody's to trust: names are compared, never followed.

mod archive;
mod folder;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::material::{Material, sha256};

/// The largest file that is taken, in bytes.
const FILE: u64 = 256 << 10;

/// The most files and folders that are looked at.
const ENTRIES: usize = 50_000;

/// The most that is unpacked of an archive, in bytes.
const UNPACKED: u64 = 512 << 20;

/// How many notes are kept; a hostile submission can cause any number.
const NOTES: usize = 20;

/// A submission, before anybody has looked into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name.
    pub name: String,
    /// Its folder or archive.
    pub path: PathBuf,
}

/// What a submission holds of one exercise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum File {
    /// The file's contents.
    Taken(Vec<u8>),
    /// Why it was not taken.
    Refused(String),
}

/// What a submission holds.
#[derive(Debug, Default)]
pub struct Taken {
    /// By the exercise's name.
    pub files: BTreeMap<String, File>,
    /// What an instructor should know.
    pub notes: Vec<String>,
    /// Notes that were not kept.
    more: usize,
}

const ENDINGS: [&str; 4] = [".zip", ".tar.gz", ".tgz", ".tar"];

/// The submissions in a folder, in the order of their names.
pub fn list(folder: &Path) -> Result<Vec<Found>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let file = entry.file_name();
        let name = file.to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let ending = ENDINGS
            .iter()
            .find(|end| name.to_ascii_lowercase().ends_with(*end));
        let name = match ending {
            Some(end) => name[..name.len() - end.len()].to_owned(),
            None if path.is_dir() => name,
            // A list of marks, a README: not a submission.
            None => continue,
        };
        found.push(Found { name, path });
    }
    ensure!(
        !found.is_empty(),
        "{} holds no submission: a folder or an archive (.zip, .tar, .tar.gz) \
         for each student",
        folder.display()
    );
    found.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    // `ana` and `ana.zip`: the second keeps its whole name.
    for at in 1..found.len() {
        if found[..at].iter().any(|other| other.name == found[at].name) {
            let file = found[at].path.file_name().unwrap_or_default();
            let mut name = file.to_string_lossy().into_owned();
            while found.iter().any(|other| other.name == name) {
                name.push('+');
            }
            found[at].name = name;
        }
    }
    Ok(found)
}

/// Takes what is allowed out of a submission.
pub fn take(found: &Found, material: &Material) -> Result<Taken> {
    let mut taken = Taken::default();
    let meta = fs::symlink_metadata(&found.path)
        .with_context(|| format!("look at {}", found.path.display()))?;
    ensure!(!meta.is_symlink(), "the submission is a link");
    if meta.is_dir() {
        folder::take(&found.path, material, &mut taken)?;
    } else {
        archive::take(&found.path, material, &mut taken)?;
    }
    if taken.more > 0 {
        let more = taken.more;
        taken.notes.push(format!("and {more} notes more"));
    }
    Ok(taken)
}

/// The exercise that a path within a submission is the file of, and how good
/// the path is: `exercises/NN-topic/src/bin/NAME.rs` (at the end of any path)
/// is better than `NAME.rs` alone, and a short path better than a long one.
fn belongs<'a>(
    parts: &[String],
    material: &'a Material,
) -> Option<(&'a str, i32)> {
    /// Folders of the course whose files have the same names.
    const OTHERS: [&str; 2] = ["stubs", "tests"];

    let name = parts.last()?.strip_suffix(".rs")?;
    let (_, task) = material.task(name)?;
    let whole = ["exercises", task.exercise.topic, "src", "bin"];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let good = match parts[..] {
        [.., a, b, c, d, _] if [a, b, c, d] == whole => true,
        // Parts of the same.
        [a, b, c, _] if [a, b, c] == whole[1..] => true,
        [a, b, _] if [a, b] == whole[2..] => true,
        // The files alone, or in one folder.
        [folder, _] if !OTHERS.contains(&folder) => false,
        [_] => false,
        _ => return None,
    };
    let length = i32::try_from(parts.len()).unwrap_or(i32::MAX >> 1);
    Some((
        task.exercise.name,
        if good { 0 } else { -1_000_000 } - length,
    ))
}

/// Looks for what makes a path none of ours.
fn fault(parts: &[String]) -> Option<&'static str> {
    if parts.iter().any(|part| part == "..") {
        return Some("its path leads out of the submission");
    }
    None
}

impl Taken {
    fn note(&mut self, note: String) {
        if self.notes.len() < NOTES {
            self.notes.push(note);
        } else {
            self.more += 1;
        }
    }
}

/// Files that were found, with their ranks: the best of each exercise wins.
#[derive(Default)]
struct Candidates {
    best: BTreeMap<String, (i32, String, File)>,
    doubles: Vec<String>,
}

impl Candidates {
    fn add(&mut self, exercise: &str, rank: i32, path: String, file: File) {
        match self.best.get(exercise) {
            Some((best, ..)) if *best >= rank => {
                self.doubles.push(path);
            }
            _ => {
                let new = (rank, path, file);
                if let Some((_, old, _)) =
                    self.best.insert(exercise.to_owned(), new)
                {
                    self.doubles.push(old);
                }
            }
        }
    }

    fn settle(self, taken: &mut Taken) {
        for path in self.doubles {
            taken.note(format!(
                "{path} was left out: there is another file of that exercise"
            ));
        }
        for (exercise, (_, path, file)) in self.best {
            if let File::Refused(why) = &file {
                taken.note(format!("{path} was not taken: {why}"));
            }
            taken.files.insert(exercise, file);
        }
    }
}

impl File {
    /// SHA-256 of what was taken.
    pub fn sha256(&self) -> Option<String> {
        match self {
            File::Taken(bytes) => Some(sha256(bytes)),
            File::Refused(_) => None,
        }
    }
}
