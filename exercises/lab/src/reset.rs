//! `cargo lab reset`: the stub again, the work kept aside.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::Done;
use crate::map::{Map, Task};

pub(crate) fn reset(map: &Map, exercise: &str) -> Done {
    let task = map.task(exercise)?;
    let file = task.file();
    let file = file.display();
    match put_back(map, task)? {
        Reset::Kept(kept) => {
            say!(
                "{file} is the stub again.\nYour work is in {}",
                kept.display()
            );
        }
        Reset::WasMissing => say!("{file} was missing and is the stub again."),
        Reset::WasStub => say!("{file} is the stub already."),
    }
    Ok(true)
}

/// What a reset found.
pub(crate) enum Reset {
    /// Work, which is kept here.
    Kept(PathBuf),
    /// No file.
    WasMissing,
    /// The stub.
    WasStub,
}

/// Puts the stub in place, and keeps the work that was there.
pub(crate) fn put_back(map: &Map, task: Task<'_>) -> Result<Reset> {
    let stub = map.read(&task.stub())?;
    let file = map.top.join(task.file());
    let work = match fs::read(&file) {
        Ok(work) => Some(work),
        // A deleted file is as good a reason for a reset as any.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error)
                .with_context(|| format!("read {}", task.file().display()));
        }
    };
    if work.as_deref() == Some(stub.as_bytes()) {
        return Ok(Reset::WasStub);
    }
    let mut kept = None;
    if let Some(work) = work {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let folder = PathBuf::from(".lab/kept");
        fs::create_dir_all(map.top.join(&folder))?;
        let mut number = seconds;
        // Two resets within a second are two files.
        let (path, mut copy) = loop {
            let path = folder.join(format!("{}-{number}.rs", task.name()));
            match File::create_new(map.top.join(&path)) {
                Ok(copy) => break (path, copy),
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                    number += 1;
                }
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("write {}", path.display()));
                }
            }
        };
        copy.write_all(&work)?;
        copy.sync_all()?;
        kept = Some(path);
    }
    // Only now, when the work is safe.
    let aside = file.with_extension("rs.new");
    fs::write(&aside, stub)?;
    fs::rename(&aside, &file)
        .with_context(|| format!("write {}", task.file().display()))?;
    Ok(kept.map_or(Reset::WasMissing, Reset::Kept))
}
