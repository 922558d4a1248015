//! Where the hand-out goes: written aside, and put in place when it is whole.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File as Handle};
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::{SigSet, Signal, raise};

use crate::cli::Asked;
use crate::tree::File;
use crate::{git, vendor};

/// The list of what a hand-out consists of, in the hand-out.
pub(crate) const LIST: &str = ".handout";

/// Where a hand-out may be written.
pub(crate) struct Place {
    out: PathBuf,
    aside: PathBuf,
}

impl Place {
    /// Looks whether the folder that was asked for will do.
    pub(crate) fn check(asked: &Asked, course: &Path) -> Result<Place> {
        let out = &asked.out;
        let shown = out.display();
        let whole = env::current_dir()?.join(out);
        let name = whole.file_name().with_context(|| {
            format!("{shown} names no folder; give it a name of its own")
        })?;
        let parent = whole.parent().unwrap_or(Path::new("/"));
        let parent = parent.canonicalize().map_err(|error| {
            anyhow!("{}: {error}; make that folder first", parent.display())
        })?;
        let place = Place {
            out: parent.join(name),
            aside: parent.join(format!(".{}.new", name.to_string_lossy())),
        };
        ensure!(
            !place.out.starts_with(course),
            "{shown} lies in the course itself; choose a folder outside of {}",
            course.display()
        );
        let is_there = match fs::read_dir(&place.out) {
            Ok(mut entries) => Some(entries.next().is_none()),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => bail!("{shown}: {error}; choose another folder"),
        };
        match (asked.update, is_there) {
            (true, _) if !place.out.join(LIST).is_file() => bail!(
                "{shown} is no earlier hand-out (it has no file {LIST}); leave \
                 --update away to write a new one"
            ),
            (true, _) => git::is_clean(&place.out)?,
            (false, Some(false)) => bail!(
                "{shown} is not empty; choose another folder, or bring an \
                 earlier hand-out up to date with --update"
            ),
            (false, _) => {}
        }
        Ok(place)
    }

    /// Whether an earlier hand-out there has its libraries with it.
    pub(crate) fn was_vendored(&self) -> bool {
        self.out.join(vendor::FOLDER).is_dir()
    }

    /// Puts what was written aside into place; says what that is.
    pub(crate) fn take(&self, stage: Stage, update: bool) -> Result<String> {
        let out = self.out.display();
        if update {
            let done = self.update(stage.folder())?;
            drop(stage);
            return Ok(format!("{out} is up to date: {done}."));
        }
        let count = paths(stage.folder())?.len();
        let libraries = match fs::read_dir(stage.folder().join(vendor::FOLDER))
        {
            Ok(all) => format!(", and {} libraries", all.count()),
            Err(_) => String::new(),
        };
        stage.become_(&self.out)?;
        Ok(format!(
            "{out} has the course without its solutions: {count} \
             files{libraries}."
        ))
    }

    /// Brings an earlier hand-out up to what lies in `new`. What an earlier
    /// one did not write there is left alone.
    fn update(&self, new: &Path) -> Result<String> {
        let (had, has) = (paths(&self.out)?, paths(new)?);
        let (mut gone, mut added, mut changed) = (0, 0, 0);
        for path in had.difference(&has) {
            match fs::remove_file(below(&self.out, path)?) {
                Ok(()) => gone += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    return Err(error)
                        .with_context(|| format!("remove {path}"));
                }
            }
            // Folders that are empty now; git has none of those.
            for folder in Path::new(path).ancestors().skip(1) {
                if fs::remove_dir(self.out.join(folder)).is_err() {
                    break;
                }
            }
        }
        let list = LIST.to_owned();
        for path in has.iter().chain([&list]) {
            let (from, to) = (new.join(path), below(&self.out, path)?);
            let is_there = to.exists();
            if is_there && is_same(&from, &to)? {
                continue;
            }
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)
                    .with_context(|| format!("make a folder for {path}"))?;
            }
            fs::rename(&from, &to).with_context(|| format!("write {path}"))?;
            added += usize::from(!is_there);
            changed += usize::from(is_there && *path != list);
        }
        let libraries = new.join(vendor::FOLDER);
        if libraries.is_dir() {
            let old = self.out.join(vendor::FOLDER);
            if old.is_dir() {
                fs::remove_dir_all(&old).context("remove old libraries")?;
            }
            fs::rename(libraries, old).context("put the libraries in")?;
        }
        Ok(format!(
            "of its files {added} new, {changed} changed, {gone} gone"
        ))
    }
}

/// A file of the hand-out, by a path that its list has: that may have been
/// edited since, and so may the folders on the way.
fn below(out: &Path, path: &str) -> Result<PathBuf> {
    let mut to = out.to_owned();
    for part in Path::new(path).components() {
        ensure!(
            matches!(part, Component::Normal(_)) && !to.is_symlink(),
            "{}: {path:?} leads out of it; write a new hand-out into another \
             folder",
            out.display()
        );
        to.push(part);
    }
    Ok(to)
}

fn is_same(one: &Path, other: &Path) -> Result<bool> {
    let mode = |path| -> std::io::Result<u32> {
        Ok(fs::metadata(path)?.permissions().mode())
    };
    Ok(mode(one)? == mode(other)? && fs::read(one)? == fs::read(other)?)
}

/// The files that the list of a hand-out names.
fn paths(folder: &Path) -> Result<BTreeSet<String>> {
    let list = folder.join(LIST);
    let text = fs::read_to_string(&list)
        .with_context(|| format!("read {}", list.display()))?;
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

/// The folder in which a hand-out grows, beside its place; it is removed again
/// unless it becomes the hand-out.
pub(crate) struct Stage {
    folder: PathBuf,
    /// Whether it is the hand-out now.
    in_place: bool,
    /// Of two runs one has the folder.
    _lock: Flock<Handle>,
}

/// Held while a file is written: a signal that removes the folder waits for
/// it, and keeps it.
static WRITING: Mutex<()> = Mutex::new(());

fn writing() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// Makes the folder, empty. What a run that was killed has left there is
    /// removed.
    pub(crate) fn begin(place: &Place) -> Result<Stage> {
        let folder = place.aside.clone();
        let shown = folder.display();
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                bail!("make the folder {shown}: {error}")
            }
            _ => {}
        }
        let handle =
            Handle::open(&folder).with_context(|| format!("open {shown}"))?;
        let lock = Flock::lock(handle, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, errno)| {
                anyhow!(
                    "another run writes to {shown} ({errno}); wait for its end"
                )
            })?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let is_folder = path.symlink_metadata()?.is_dir();
            if is_folder {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
        }
        remove_on_signal(folder.clone())?;
        Ok(Stage {
            folder,
            in_place: false,
            _lock: lock,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file of the hand-out.
    pub(crate) fn write(&self, path: &str, file: &File) -> Result<()> {
        let _writing = writing();
        let to = self.folder.join(path);
        let write = || -> std::io::Result<()> {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(&to, &file.bytes)?;
            if file.executable {
                let mode = fs::metadata(&to)?.permissions().mode();
                // Whoever may read it may execute it.
                let mode = mode | (mode & 0o444) >> 2;
                fs::set_permissions(&to, PermissionsExt::from_mode(mode))?;
            }
            Ok(())
        };
        write().with_context(|| format!("write {path}"))
    }

    /// Puts the whole folder into place.
    fn become_(mut self, out: &Path) -> Result<()> {
        let writing = writing();
        // In place of an empty folder, too.
        fs::rename(&self.folder, out).map_err(|error| {
            anyhow!("{}: {error}; choose another folder", out.display())
        })?;
        // From here on the name is free for another run, and nothing under it
        // is ours to remove: not at the end, and not on a signal.
        self.in_place = true;
        std::mem::forget(writing);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !self.in_place {
            // Where a signal is about to end the process, this waits for it:
            // what failed then did so since the folder is gone, and is not
            // worth a word.
            let _writing = writing();
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// From now on, Ctrl-C and its like remove the folder and end the process.
fn remove_on_signal(folder: PathBuf) -> Result<()> {
    let signals: SigSet = [
        Signal::SIGINT,
        Signal::SIGQUIT,
        Signal::SIGTERM,
        Signal::SIGHUP,
    ]
    .into_iter()
    .collect();
    // Before there is another thread, which would take them as ever. What is
    // started from here on gets an empty mask.
    signals.thread_block().context("block signals")?;
    thread::spawn(move || {
        let Ok(signal) = signals.wait() else { return };
        let _writing = writing();
        let _ = fs::remove_dir_all(&folder);
        // Ended by the signal, as the shell expects it.
        if signals.thread_unblock().is_ok() {
            let _ = raise(signal);
        }
        // Whoever started this has it ignore that signal.
        std::process::exit(128 + signal as i32);
    });
    Ok(())
}
