//! A submission that is a folder. No link in it is followed.

use std::fs::{self, File as Disk, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::libc;

use super::{Candidates, ENTRIES, FILE, File, Taken, belongs};
use crate::material::Material;

/// Folders that hold no file of an exercise, and many others.
const PASSED: [&str; 3] = ["target", ".git", "node_modules"];

pub(super) fn take(
    top: &Path,
    material: &Material,
    taken: &mut Taken,
) -> Result<()> {
    let mut candidates = Candidates::default();
    let mut seen = 0;
    let mut open: Vec<(PathBuf, Vec<String>)> =
        vec![(top.to_owned(), Vec::new())];
    let mut others = 0_usize;
    while let Some((folder, parts)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if parts.is_empty() => {
                return Err(error).context("read the submission");
            }
            Err(error) => {
                taken.note(format!("{}: {error}", parts.join("/")));
                continue;
            }
        };
        let mut names: Vec<_> =
            entries.flatten().map(|entry| entry.file_name()).collect();
        names.sort();
        for name in names {
            seen += 1;
            if seen > ENTRIES {
                taken.note(format!(
                    "only the first {ENTRIES} files were looked at"
                ));
                open.clear();
                break;
            }
            let path = folder.join(&name);
            let mut parts = parts.clone();
            parts.push(name.to_string_lossy().into_owned());
            let Ok(meta) = fs::symlink_metadata(&path) else {
                continue;
            };
            if meta.is_dir() && belongs(&parts, material).is_none() {
                if !PASSED.contains(&&*parts[parts.len() - 1]) {
                    open.push((path, parts));
                }
                continue;
            }
            match belongs(&parts, material) {
                Some((exercise, rank)) => {
                    let file = read(&path).unwrap_or_else(File::Refused);
                    candidates.add(exercise, rank, parts.join("/"), file);
                }
                None => others += 1,
            }
        }
    }
    candidates.settle(taken);
    if others > 0 && taken.files.is_empty() {
        taken.note(format!("none of its {others} files is an exercise's"));
    }
    Ok(())
}

/// Reads a file that is a file, and not a large one.
fn read(path: &Path) -> Result<File, String> {
    let meta = fs::symlink_metadata(path).map_err(|e| e.to_string())?;
    if meta.is_symlink() {
        return Err("it is a link".into());
    }
    if !meta.is_file() {
        return Err("it is not a file".into());
    }
    // It may have become something else since.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|error| format!("it can't be opened: {error}"))?;
    let meta = file.metadata().map_err(|e| e.to_string())?;
    if !meta.is_file() {
        return Err("it is not a file".into());
    }
    limited(file)
}

fn limited(file: Disk) -> Result<File, String> {
    let mut bytes = Vec::new();
    file.take(FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("it can't be read: {error}"))?;
    super::archive::sized(bytes)
}
