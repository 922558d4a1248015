//! The course as a grader needs it: its folder, its exercises, and a hash of
//! everything that decides a verdict.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use testkit::grade::{Asked, Exercise};

/// The course.
pub struct Material {
    /// Its folder.
    pub top: PathBuf,
    /// Its exercises, in the order of the book.
    pub tasks: Vec<Task>,
    /// SHA-256 of the checks, the manifests and the stubs.
    pub sha256: String,
}

/// An exercise.
pub struct Task {
    /// Its checks.
    pub exercise: &'static Exercise,
    /// What `exercises.toml` says.
    pub manifest: course::Exercise,
    /// SHA-256 of the file as it is handed out.
    pub stub: String,
}

impl Task {
    /// The file that a student edits, from the top of the course.
    pub fn file(&self) -> PathBuf {
        let (topic, name) = (self.exercise.topic, self.exercise.name);
        PathBuf::from(format!("exercises/{topic}/src/bin/{name}.rs"))
    }

    /// The same as it is handed out.
    pub fn stub_file(&self) -> PathBuf {
        let (topic, name) = (self.exercise.topic, self.exercise.name);
        PathBuf::from(format!("exercises/{topic}/stubs/{name}.rs"))
    }

    /// What its checks ask, in the order in which failures are told.
    pub fn asked(&self) -> impl Iterator<Item = Asked> + '_ {
        let checks = self.exercise.checks.iter();
        checks.map(|check| Asked::by(self.exercise, check))
    }
}

impl Material {
    /// Reads the course that this program was built from.
    pub fn find() -> Result<Material> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        let top = own.join("../..");
        let top = top.canonicalize().with_context(|| {
            format!(
                "{} is not there any more; run `cargo lab grade` in the \
                 course's folder, which builds it again",
                top.display()
            )
        })?;
        let tasks: Result<Vec<Task>> = judge::ALL
            .iter()
            .map(|exercise| task(&top, exercise))
            .collect();
        let sha256 = hash_of_checks(&top)?;
        Ok(Material {
            top,
            tasks: tasks?,
            sha256,
        })
    }

    /// Leaves only these exercises, by name or by topic; the error is the
    /// first name that is neither.
    pub fn select<'a>(&mut self, names: &'a [String]) -> Result<(), &'a str> {
        let is = |task: &Task, name: &str| {
            name == task.exercise.name || name == task.exercise.topic
        };
        for name in names {
            if !self.tasks.iter().any(|task| is(task, name)) {
                return Err(name);
            }
        }
        if !names.is_empty() {
            self.tasks
                .retain(|task| names.iter().any(|name| is(task, name)));
        }
        Ok(())
    }

    /// The exercise of this name, and its number.
    pub fn task(&self, name: &str) -> Option<(usize, &Task)> {
        let mut tasks = self.tasks.iter().enumerate();
        tasks.find(|(_, task)| task.exercise.name == name)
    }
}

fn task(top: &Path, exercise: &'static Exercise) -> Result<Task> {
    let stub = top
        .join("exercises")
        .join(exercise.topic)
        .join("stubs")
        .join(format!("{}.rs", exercise.name));
    let stub =
        fs::read(&stub).with_context(|| format!("read {}", stub.display()))?;
    Ok(Task {
        exercise,
        manifest: exercise.manifest()?,
        stub: sha256(&stub),
    })
}

/// In hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn hash_of_checks(top: &Path) -> Result<String> {
    let mut files = vec![top.join("Cargo.lock"), top.join("Cargo.toml")];
    for folder in ["chapters/sys", "chapters/testkit/src"] {
        collect(&top.join(folder), &mut files)?;
    }
    let topics: Vec<_> = judge::ALL.iter().map(|e| e.topic).collect();
    for topic in topics {
        let topic = top.join("exercises").join(topic);
        for part in ["stubs", "tests"] {
            collect(&topic.join(part), &mut files)?;
        }
        files.push(topic.join("Cargo.toml"));
        files.push(topic.join("exercises.toml"));
    }
    hash_of_files(top, &mut files)
}

/// SHA-256 over the names and the contents of files below `top`.
pub fn hash_of_files(top: &Path, files: &mut Vec<PathBuf>) -> Result<String> {
    files.sort();
    files.dedup();
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(&file)
            .with_context(|| format!("read {}", file.display()))?;
        let name = file.strip_prefix(top).unwrap_or(file);
        let name = name.to_string_lossy();
        for part in [name.as_bytes(), &bytes] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    Ok(hexadecimal(&hash.finalize()))
}

/// All files below a folder.
pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}
