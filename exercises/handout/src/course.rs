//! The course that is handed out: its folder, and which files are its own.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use walkdir::WalkDir;

use crate::git;
use crate::tree::{File, Tree};

/// The course, read from its folder.
pub(crate) struct Course {
    pub(crate) top: PathBuf,
    /// All its files, those for instructors among them.
    pub(crate) tree: Tree,
    /// What git tracks and the folder lacks.
    pub(crate) missing: Vec<String>,
    /// Which version it is, in words.
    pub(crate) origin: String,
}

/// What is written into the course's folder and is none of its files, for
/// where there is no git to say so: the lines of `.gitignore` and its own.
pub(crate) const NOT_ITS_OWN: [&str; 4] =
    [".git", ".lab", "book/book", "target"];

impl Course {
    /// Finds the course as the lab does, and reads it.
    pub(crate) fn find(all_files: bool) -> Result<Course> {
        let own = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let here = env::current_dir().context("find the working folder")?;
        let top = own
            .iter()
            .chain([&here])
            .flat_map(|start| start.ancestors())
            .find(|folder| folder.join("exercises/judge").is_dir())
            .with_context(|| {
                format!(
                    "{} is not in the course; go to its folder and try again",
                    here.display()
                )
            })?;
        ensure!(
            top.join("solutions").is_dir(),
            "{} is a hand-out already; write one from the whole course",
            top.display()
        );
        let top = top.canonicalize().context("find the course")?;
        let (paths, origin) = match git::tracked(&top)? {
            Some(paths) => (paths, git::version(&top)?),
            None if all_files => (all(&top)?, "no known commit".to_owned()),
            None => bail!(
                "{} is no git repository, so nothing says which files belong \
                 to the course; `git clone` it, or take every file that lies \
                 in it with --all-files",
                top.display()
            ),
        };
        let mut course = Course {
            top,
            tree: Tree::default(),
            missing: Vec::new(),
            origin,
        };
        for path in paths {
            match read(&course.top.join(&path), &path)? {
                Some(file) => course.tree.insert(path, file),
                None => course.missing.push(path),
            }
        }
        Ok(course)
    }
}

/// A file; none where there is none.
fn read(file: &Path, path: &str) -> Result<Option<File>> {
    let about = match fs::symlink_metadata(file) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(error).with_context(|| format!("read {path}"));
        }
    };
    // A link may lead anywhere, and what it leads to would go over.
    ensure!(
        about.is_file(),
        "{path} is no plain file, and only those are handed out; remove it or \
         put a file in its place"
    );
    let bytes = fs::read(file).with_context(|| format!("read {path}"))?;
    let executable = about.permissions().mode() & 0o111 != 0;
    Ok(Some(File { bytes, executable }))
}

/// Every file in the folder but those that are never the course's own.
fn all(top: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    let walk = WalkDir::new(top).min_depth(1).into_iter();
    let walk = walk.filter_entry(|entry| {
        let path = entry.path().strip_prefix(top).unwrap_or(entry.path());
        !NOT_ITS_OWN.iter().any(|own| path == Path::new(own))
    });
    for entry in walk {
        let entry = entry.context("look through the course")?;
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(top)?;
            let path = path.to_str().with_context(|| {
                format!("{} is no name in UTF-8", path.display())
            })?;
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::NOT_ITS_OWN;

    #[test]
    fn what_gitignore_names_is_known_without_git() {
        for line in include_str!("../../../.gitignore").lines() {
            if line.starts_with('#') {
                continue;
            }
            let path = line.trim_matches('/');
            let known = NOT_ITS_OWN.iter().any(|own| {
                path == *own || path.starts_with(&format!("{own}/"))
            });
            assert!(known, "{line}");
        }
    }
}
