//! The folder that results go to: whole files or none, under names that are
//! safe whatever a submission is called.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::fcntl::{Flock, FlockArg};

use crate::Grade;
use crate::material::sha256;

/// The folder, which one grader at a time may use.
pub struct Store {
    /// The folder.
    pub out: PathBuf,
    _lock: Flock<OwnedFd>,
}

impl Store {
    /// Makes the folder, if it is not there, for its owner alone.
    pub fn open(out: &Path) -> Result<Store> {
        use std::os::unix::fs::PermissionsExt;

        let new = !out.exists();
        fs::create_dir_all(out.join("grades"))
            .with_context(|| format!("make {}", out.display()))?;
        if new {
            fs::set_permissions(out, fs::Permissions::from_mode(0o700))?;
        }
        let file = File::create(out.join(".lock"))
            .with_context(|| format!("write to {}", out.display()))?;
        let how = FlockArg::LockExclusiveNonblock;
        let Ok(lock) = Flock::lock(OwnedFd::from(file), how) else {
            bail!("another `cargo lab grade` is at work in {}", out.display())
        };
        Ok(Store {
            out: out.canonicalize()?,
            _lock: lock,
        })
    }

    /// Where a submission's `grade.json` lies.
    pub fn file(&self, folder: &str) -> PathBuf {
        self.out.join("grades").join(folder).join("grade.json")
    }

    /// Writes the record of one submission, wholly or not at all.
    pub fn keep(&self, folder: &str, grade: &Grade) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(grade)?;
        text.push(b'\n');
        replace(&self.file(folder), &text)
    }

    /// The record of one submission, if there is one of this format.
    pub fn read(&self, folder: &str) -> Option<Grade> {
        let text = fs::read(self.file(folder)).ok()?;
        let grade: Grade = serde_json::from_slice(&text).ok()?;
        (grade.schema == crate::SCHEMA).then_some(grade)
    }

    /// All folders that have a record.
    pub fn folders(&self) -> Result<Vec<String>> {
        let folder = self.out.join("grades");
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder)
            .with_context(|| format!("read {}", folder.display()))?
        {
            let name = entry?.file_name();
            if let Some(name) = name.to_str()
                && self.file(name).is_file()
            {
                found.push(name.to_owned());
            }
        }
        found.sort();
        Ok(found)
    }
}

/// Writes a file so that at any moment there is the old one or the new one.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a folder")?;
    let write = || -> Result<()> {
        fs::create_dir_all(folder)?;
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(folder)?.sync_all()?;
        Ok(())
    };
    write().with_context(|| format!("write {}", path.display()))
}

/// Writes a file that can be made again.
pub fn keep_file(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a folder")?;
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| format!("write {}", path.display()))
}

/// Names of folders for these names, each its own, also where the file system
/// takes `A` for `a`.
pub fn safe_names(names: &[String]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let mut safe = safe_name(name);
            while !taken.insert(safe.to_lowercase()) {
                safe = format!("{safe}-{}", &sha256(safe.as_bytes())[..8]);
            }
            safe
        })
        .collect()
}

/// The name itself, if it is harmless, else what is harmless of it and a hash.
fn safe_name(name: &str) -> String {
    /// Longer ones are cut, in bytes.
    const LENGTH: usize = 40;

    let harmless = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let clean: String = name
        .chars()
        .take(LENGTH)
        .map(|c| if harmless(c) { c } else { '_' })
        .collect();
    let clean = clean.trim_start_matches(['.', '-']).to_owned();
    if clean == name && !name.is_empty() {
        return clean;
    }
    let hash = &sha256(name.as_bytes())[..8];
    if clean.is_empty() {
        format!("_{hash}")
    } else {
        format!("{clean}-{hash}")
    }
}

#[cfg(test)]
mod tests {
    use super::safe_names;

    #[test]
    fn every_name_becomes_a_folder_of_its_own() {
        let hostile = [
            "ana",
            "Ana",
            "../../etc/passwd",
            "..",
            ".",
            "",
            "-rf",
            "a/b",
            "=1+1",
            "<b>",
            "\u{202e}x",
            "con\n",
            "a\0b",
        ];
        let long = "x".repeat(300);
        let names: Vec<String> = hostile
            .iter()
            .map(ToString::to_string)
            .chain([long.clone(), long + "y"])
            .collect();
        let safe = safe_names(&names);
        let mut lower: Vec<_> = safe.iter().map(|s| s.to_lowercase()).collect();
        lower.sort();
        lower.dedup();
        assert_eq!(lower.len(), names.len(), "{safe:?}");
        for name in &safe {
            assert!(
                !name.is_empty()
                    && name.len() < 64
                    && !name.starts_with(['.', '-'])
                    && name.chars().all(|c| {
                        c.is_ascii_alphanumeric() || "._-".contains(c)
                    }),
                "{name:?}"
            );
        }
        assert_eq!(safe[0], "ana");
    }
}
