//! What the course holds, as it lies in its folders.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use course::{Bet, Exercise, Topic};

use crate::Trouble;

/// The course: its folder, and its topics in order.
pub(crate) struct Map {
    pub(crate) top: PathBuf,
    pub(crate) topics: Vec<Place>,
}

/// A topic, with the name of its folder.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) topic: Topic,
}

/// An exercise, with its topic's folder.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub(crate) topic: &'a str,
    pub(crate) exercise: &'a Exercise,
}

impl Task<'_> {
    pub(crate) fn name(&self) -> &str {
        &self.exercise.name
    }

    /// The file that a learner edits, from the top.
    pub(crate) fn file(&self) -> PathBuf {
        self.path("src/bin")
    }

    /// The same as it was handed out.
    pub(crate) fn stub(&self) -> PathBuf {
        self.path("stubs")
    }

    fn path(&self, folder: &str) -> PathBuf {
        Path::new("exercises")
            .join(self.topic)
            .join(folder)
            .join(format!("{}.rs", self.exercise.name))
    }

    pub(crate) fn solution(&self) -> PathBuf {
        Path::new("solutions")
            .join(self.topic)
            .join("src/bin")
            .join(format!("{}.rs", self.exercise.name))
    }

    /// The lesson to read again, from the top.
    pub(crate) fn page(&self) -> String {
        format!("book/src/{}", self.exercise.page)
    }
}

/// The folder of the course: that of this package says where it is when Cargo
/// runs it, else it is the working folder or one above it.
pub(crate) fn top() -> Option<PathBuf> {
    let own = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = env::current_dir().ok();
    own.iter()
        .chain(&here)
        .flat_map(|start| start.ancestors())
        .find(|folder| folder.join("exercises/judge").is_dir())
        .map(Path::to_owned)
}

/// Whether the course in this folder has its solutions; a hand-out for a class
/// has none.
pub(crate) fn is_whole(top: &Path) -> bool {
    top.join("solutions").is_dir()
}

impl Map {
    /// Finds the course and reads it.
    pub(crate) fn find() -> Result<Map> {
        let here = env::current_dir().context("find the working folder")?;
        let top = top().with_context(|| {
            format!(
                "{} is not in the course; go to its folder (the one with \
                 `exercises` and `chapters`) and try again",
                here.display()
            )
        })?;
        Map::at(&top)
    }

    /// Reads the course in this folder.
    pub(crate) fn at(top: &Path) -> Result<Map> {
        let top = top.to_owned();
        let mut topics = Vec::new();
        let folder = top.join("exercises");
        for entry in fs::read_dir(&folder)
            .with_context(|| format!("read {}", folder.display()))?
        {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            let file = entry.path().join("exercises.toml");
            let text = fs::read_to_string(&file)
                .with_context(|| format!("read {}", file.display()))?;
            let topic = Topic::parse(&text)
                .with_context(|| format!("read {}", file.display()))?;
            topics.push(Place { name, topic });
        }
        topics.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Map { top, topics })
    }

    /// The topic of this name, or number.
    pub(crate) fn topic(&self, name: &str) -> Result<&Place, Trouble> {
        let means = |place: &&Place| {
            place.name == name || place.name.split('-').next() == Some(name)
        };
        self.topics.iter().find(means).ok_or_else(|| {
            let known = self.topics.iter().map(|place| place.name.as_str());
            misnamed("topic", name, known, "cargo lab")
        })
    }

    /// Every exercise, in the order of the book.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = Task<'_>> {
        self.topics.iter().flat_map(|place| {
            place.topic.exercises.iter().map(|exercise| Task {
                topic: &place.name,
                exercise,
            })
        })
    }

    /// Every bet with its topic, in the order of the book.
    pub(crate) fn bets(&self) -> impl Iterator<Item = (&str, &Bet)> {
        self.topics.iter().flat_map(|place| {
            let name = place.name.as_str();
            place.topic.bets.iter().map(move |bet| (name, bet))
        })
    }

    /// The exercise of this name; a wrong name gets the nearest.
    pub(crate) fn task(&self, name: &str) -> Result<Task<'_>, Trouble> {
        // People also type the binary's name, or the file's.
        let plain = name
            .trim_start_matches("ex-")
            .trim_end_matches(".rs")
            .rsplit('/')
            .next()
            .unwrap_or(name);
        self.tasks()
            .find(|task| task.name() == plain)
            .ok_or_else(|| {
                let known =
                    self.tasks().map(|task| task.exercise.name.as_str());
                misnamed("exercise", name, known, "cargo lab list")
            })
    }

    /// The contents of a file of the course.
    pub(crate) fn read(&self, file: &Path) -> Result<String> {
        fs::read_to_string(self.top.join(file))
            .map_err(|e| anyhow!("read {}: {e}", file.display()))
    }

    /// Whether the learner has changed the file of an exercise, and not
    /// deleted it.
    pub(crate) fn is_begun(&self, task: Task<'_>) -> Result<bool> {
        Ok(self.top.join(task.file()).is_file()
            && self.read(&task.file())? != self.read(&task.stub())?)
    }
}

/// The answer to a name that nobody knows: the nearest one, and the command
/// that lists them.
pub(crate) fn misnamed<'a>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    list: &str,
) -> Trouble {
    /// Less alike is no slip of the finger.
    const ALIKE: f64 = 0.6;

    let nearest = known
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let hint = match nearest {
        Some((alike, known)) if alike >= ALIKE => {
            format!("; did you mean {known}?")
        }
        _ => String::new(),
    };
    Trouble::Misused(format!(
        "there is no {what} {name:?}{hint} ({list} lists them)"
    ))
}
