//! A place for files.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context, Result};
use nix::unistd::mkdtemp;

/// A private folder, which goes with everything in it when it is dropped.
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one where temporary files go.
    pub fn new() -> Result<Folder> {
        let template = env::temp_dir().join("claims-XXXXXX");
        Ok(Folder(mkdtemp(&template).context("mkdtemp")?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is a few bytes in a folder for such things.
        let _ = fs::remove_dir_all(&self.0);
    }
}
