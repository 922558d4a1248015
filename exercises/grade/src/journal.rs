//! What has happened, a line of JSON each, in a file that only grows.
//!
//! A line counts when the disk has it. After a crash the last line may be cut
//! off; it is passed over, and what it told is done again.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result, anyhow};
use serde::{Deserialize, Serialize};

use crate::{Build, CheckGrade};

/// What decides a verdict beside the program. Results that have another key
/// are nobody's any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    /// Where everything random comes from.
    pub seed: String,
    /// SHA-256 of the checks.
    pub checks: String,
    /// SHA-256 of the instructor's own checks.
    pub pack: Option<String>,
    /// The level of isolation.
    pub level: u8,
    /// The compiler.
    pub toolchain: String,
}

/// What came of one program: of equal files there is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What the compiler made of it.
    pub build: Build,
    /// How long that took, in milliseconds.
    pub build_milliseconds: u64,
    /// Its checks.
    pub checks: Vec<CheckGrade>,
    /// Places in `checks` that are to be repeated.
    pub again: Vec<usize>,
    /// What an instructor should know.
    pub notes: Vec<String>,
}

/// A program: an exercise, and the SHA-256 of its file.
pub type Program = (String, String);

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// Grading begins, or goes on.
    Run {
        /// When, in UTC.
        at: String,
        /// What decides the verdicts from here on.
        key: Key,
    },
    /// A program has been graded.
    Program {
        /// `greeter`.
        exercise: String,
        /// SHA-256 of its file.
        sha256: String,
        /// What came of it.
        #[serde(flatten)]
        done: Box<Done>,
    },
    /// A program is to be graded again.
    Forgotten {
        /// `greeter`.
        exercise: String,
        /// SHA-256 of its file.
        sha256: String,
    },
    /// The record of a submission has been written.
    Graded {
        /// Its name.
        submission: String,
        /// Points got.
        points: u32,
    },
}

/// What a journal tells.
#[derive(Debug, Default)]
pub struct Past {
    /// The seed of the last run.
    pub seed: Option<String>,
    /// What came of programs under the key of the last run.
    pub programs: BTreeMap<Program, Done>,
    key: Option<Key>,
}

impl Past {
    /// Forgets everything, unless it has this key.
    pub fn keep_only(&mut self, key: &Key) {
        if self.key.as_ref() != Some(key) {
            self.programs.clear();
        }
    }

    fn learn(&mut self, event: Event) {
        match event {
            Event::Run { key, .. } => {
                if self.key.as_ref() != Some(&key) {
                    self.programs.clear();
                }
                self.seed = Some(key.seed.clone());
                self.key = Some(key);
            }
            Event::Program {
                exercise,
                sha256,
                done,
            } => {
                self.programs.insert((exercise, sha256), *done);
            }
            Event::Forgotten { exercise, sha256 } => {
                self.programs.remove(&(exercise, sha256));
            }
            Event::Graded { .. } => {}
        }
    }
}

/// A journal that is written to. Every line is on the disk before what waits
/// for it goes on.
pub struct Journal {
    lines: Option<Sender<Line>>,
    writer: Option<JoinHandle<()>>,
}

struct Line {
    text: String,
    written: Sender<Result<(), String>>,
}

impl Journal {
    /// Reads what there is, and goes on behind it.
    pub fn open(path: &Path) -> Result<(Journal, Past)> {
        let open = || -> Result<(File, Past)> {
            let file = OpenOptions::new()
                .create(true)
                .read(true)
                .append(true)
                .open(path)?;
            let past = read(&file)?;
            Ok((file, past))
        };
        let (file, past) =
            open().with_context(|| format!("open {}", path.display()))?;
        let (lines, receiver) = channel();
        let writer = thread::spawn(move || write(file, &receiver));
        let journal = Journal {
            lines: Some(lines),
            writer: Some(writer),
        };
        Ok((journal, past))
    }

    /// Adds a line, and waits until the disk has it.
    pub fn tell(&self, event: &Event) -> Result<()> {
        let mut text = serde_json::to_string(event)?;
        text.push('\n');
        let (written, answer) = channel();
        let gone = || anyhow!("the journal can't be written");
        let lines = self.lines.as_ref().ok_or_else(gone)?;
        lines.send(Line { text, written }).map_err(|_| gone())?;
        answer
            .recv()
            .map_err(|_| gone())?
            .map_err(|error| anyhow!("write the journal: {error}"))
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.lines = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn read(file: &File) -> Result<Past> {
    let mut past = Past::default();
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    let mut whole = 0;
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line)?;
        if count == 0 || line.last() != Some(&b'\n') {
            break;
        }
        whole += count as u64;
        // A line of another version, or damage: what it told is done again.
        if let Ok(event) = serde_json::from_slice(&line) {
            past.learn(event);
        }
    }
    // Half a line would spoil the next one.
    file.set_len(whole)?;
    let mut file = file;
    file.seek(SeekFrom::End(0))?;
    Ok(past)
}

/// Writes lines as they come; those that come while the disk is at work are
/// written together.
fn write(mut file: File, lines: &Receiver<Line>) {
    while let Ok(first) = lines.recv() {
        let mut batch = vec![first];
        batch.extend(lines.try_iter());
        let text: String =
            batch.iter().map(|line| line.text.as_str()).collect();
        let done = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_data())
            .map_err(|error| error.to_string());
        for line in batch {
            let _ = line.written.send(done.clone());
        }
    }
}
