//! A learner's copy of the course, which the tests may change.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use testkit::{Ended, Program};

/// What a run of the lab may take, with the build of the judge in it.
const PATIENCE: Duration = Duration::from_secs(600);

/// The exercise that the tests work on.
pub(crate) const EXERCISE: &str = "greeter";

/// The copy. One test at a time has it.
pub(crate) struct Copy {
    top: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

static TURN: Mutex<()> = Mutex::new(());

impl Copy {
    /// The copy as it was handed out, without any progress.
    pub(crate) fn fresh() -> Result<Copy> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let top = Path::new(env!("CARGO_TARGET_TMPDIR")).join("course");
        let course = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for part in [
            ".cargo",
            "book/checks",
            "book/server",
            "book/theme",
            "chapters",
            "exercises",
            "solutions",
            "Cargo.toml",
            "Cargo.lock",
        ] {
            mirror(&course.join(part), &top.join(part))?;
        }
        let _ = fs::remove_dir_all(top.join(".lab"));
        let copy = Copy { top, _turn: turn };
        copy.writes(&copy.stub()?)?;
        Ok(copy)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.top.join(file)
    }

    pub(crate) fn read(&self, file: &str) -> Result<String> {
        fs::read_to_string(self.path(file)).with_context(|| file.to_owned())
    }

    pub(crate) fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.path(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text).with_context(|| file.to_owned())
    }

    pub(crate) fn stub(&self) -> Result<String> {
        self.read(&format!("exercises/03-accept/stubs/{EXERCISE}.rs"))
    }

    pub(crate) fn solution(&self) -> Result<String> {
        self.read(&format!("solutions/03-accept/src/bin/{EXERCISE}.rs"))
    }

    pub(crate) fn own(&self) -> Result<String> {
        self.read(&file())
    }

    /// The learner saves this.
    pub(crate) fn writes(&self, text: &str) -> Result<()> {
        self.write(&file(), text)
    }

    /// The learner deletes the file.
    pub(crate) fn delete(&self) -> Result<()> {
        fs::remove_file(self.path(&file())).context("delete")
    }

    pub(crate) fn progress(&self) -> String {
        self.read(".lab/progress").unwrap_or_default()
    }

    /// The lab with these arguments, as a command without a terminal.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
        // Nothing of the Cargo that runs the tests, which works elsewhere.
        command.args(args).current_dir(&self.top).env_clear();
        command.env("CARGO_TARGET_DIR", target());
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "RUSTUP_TOOLCHAIN",
        ] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }

    /// Runs the lab to its end.
    pub(crate) fn lab(&self, args: &[&str]) -> Result<Ended> {
        self.lab_of(80, args)
    }

    /// The same, so many columns wide.
    pub(crate) fn lab_of(
        &self,
        columns: usize,
        args: &[&str],
    ) -> Result<Ended> {
        let mut command = self.command(args);
        command.stdin(Stdio::null());
        command.env("COLUMNS", columns.to_string());
        Program::start_as("lab", command)?.end_within(PATIENCE)
    }
}

/// Where Cargo builds for the copy.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("target")
}

/// The file that the learner edits.
pub(crate) fn file() -> String {
    format!("exercises/03-accept/src/bin/{EXERCISE}.rs")
}

/// Makes `to` a copy of `from`; what is equal already keeps its time, so that
/// Cargo does not compile it again.
fn mirror(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        let names = |folder: &Path| -> Result<BTreeSet<_>> {
            let entries = fs::read_dir(folder)
                .with_context(|| folder.display().to_string())?;
            Ok(entries.flatten().map(|entry| entry.file_name()).collect())
        };
        let (here, there) = (names(from)?, names(to)?);
        for gone in there.difference(&here) {
            let path = to.join(gone);
            if path.is_dir() {
                fs::remove_dir_all(path)?;
            } else {
                fs::remove_file(path)?;
            }
        }
        for name in here {
            mirror(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    let bytes = fs::read(from).with_context(|| from.display().to_string())?;
    if fs::read(to).ok().as_ref() != Some(&bytes) {
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(to, bytes)?;
    }
    Ok(())
}
