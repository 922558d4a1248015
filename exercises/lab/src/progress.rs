//! What a learner has done: `.lab/progress`, a line for each fact.
//!
//! ```text
//! greeter gave-up
//! greeter hints 2
//! greeter passed
//! third-client won
//! ```
//!
//! The lines are sorted and say one thing each, so two machines' files merge;
//! a line that stands twice counts once, and of two figures the larger one.
//! A line that this version does not understand stays where it is.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::mem::discriminant;
use std::path::PathBuf;

use anyhow::{Context, Result};
use nix::fcntl::{Flock, FlockArg};

use crate::map::Map;

const HEADER: &str = "\
# What you have done in this course. `cargo lab` keeps this file; keep it in
# your own repository if you work on two machines.
";

pub(crate) struct Progress {
    file: PathBuf,
    facts: BTreeSet<Fact>,
    /// Lines with their numbers.
    strange: Vec<(usize, String)>,
    /// Whether there was a file.
    pub(crate) begun: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fact {
    name: String,
    what: What,
}

/// What can be said of an exercise or a bet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    /// The solution was shown before it was passed.
    GaveUp,
    /// So many hints were shown.
    Hints(u32),
    /// A bet's first answer was wrong.
    Lost,
    /// Every check has passed.
    Passed,
    /// The most points so far, where not every check has passed.
    Points(u32),
    /// A bet's first answer was right.
    Won,
}

impl Progress {
    pub(crate) fn read(map: &Map) -> Result<Progress> {
        let mut progress = Progress {
            file: map.top.join(".lab/progress"),
            facts: BTreeSet::new(),
            strange: Vec::new(),
            begun: false,
        };
        progress.read_again()?;
        Ok(progress)
    }

    /// Adds what another `cargo lab` has written meanwhile.
    fn read_again(&mut self) -> Result<()> {
        let text = match fs::read(&self.file) {
            // Whatever a crash or another program has written.
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("read {}", self.file.display()));
            }
        };
        self.begun = true;
        self.strange.clear();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match fact(line) {
                Some(fact) => {
                    self.facts.insert(fact);
                }
                None => self.strange.push((at + 1, line.to_owned())),
            }
        }
        Ok(())
    }

    /// What is not understood, in words.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = String> {
        self.strange.iter().map(|(number, line)| {
            format!(
                ".lab/progress:{number}: not understood, and left as it is: \
                 {line}"
            )
        })
    }

    pub(crate) fn has(&self, name: &str, what: What) -> bool {
        self.facts.contains(&Fact {
            name: name.to_owned(),
            what,
        })
    }

    pub(crate) fn passed(&self, name: &str) -> bool {
        self.has(name, What::Passed)
    }

    /// Whether a bet has been answered.
    pub(crate) fn settled(&self, name: &str) -> bool {
        self.has(name, What::Won) || self.has(name, What::Lost)
    }

    /// How many hints of an exercise were shown.
    pub(crate) fn hints(&self, name: &str) -> u32 {
        self.largest(name, |what| match what {
            What::Hints(count) => Some(count),
            _ => None,
        })
    }

    /// The most points of an exercise that is not passed.
    pub(crate) fn points(&self, name: &str) -> u32 {
        self.largest(name, |what| match what {
            What::Points(points) => Some(points),
            _ => None,
        })
    }

    fn largest(&self, name: &str, figure: impl Fn(What) -> Option<u32>) -> u32 {
        let own = self.facts.iter().filter(|fact| fact.name == name);
        own.filter_map(|fact| figure(fact.what)).max().unwrap_or(0)
    }

    /// Adds a fact and keeps it, whatever happens next. Another `cargo lab`
    /// beside this one loses nothing by it.
    pub(crate) fn note(&mut self, name: &str, what: What) -> Result<()> {
        let folder = self.file.parent().context("a folder for the progress")?;
        let make_lock = || {
            fs::create_dir_all(folder)?;
            File::create(folder.join("lock"))
        };
        let lock = make_lock()
            .with_context(|| format!("write into {}", folder.display()))?;
        // Held until this returns.
        let _lock = Flock::lock(lock, FlockArg::LockExclusive)
            .map_err(|(_, errno)| errno)
            .context("lock the progress")?;
        self.read_again()?;
        if let What::Hints(new) | What::Points(new) = what {
            let old = match what {
                What::Hints(_) => self.hints(name),
                _ => self.points(name),
            };
            if new <= old {
                return Ok(());
            }
            self.facts.retain(|fact| {
                fact.name != name
                    || discriminant(&fact.what) != discriminant(&what)
            });
        }
        let name = name.to_owned();
        if self.facts.insert(Fact { name, what }) {
            self.write()?;
        }
        Ok(())
    }

    /// Written aside and renamed: a crash leaves the old file or the new one.
    fn write(&mut self) -> Result<()> {
        let mut text = HEADER.to_owned();
        for fact in &self.facts {
            text += &line(fact);
            text.push('\n');
        }
        for (_, line) in &self.strange {
            text += line;
            text.push('\n');
        }
        let aside = self.file.with_extension("new");
        let keep = || -> std::io::Result<()> {
            let mut file = File::create(&aside)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&aside, &self.file)
        };
        keep().with_context(|| format!("write {}", self.file.display()))?;
        Ok(())
    }
}

fn fact(line: &str) -> Option<Fact> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (name, what) = match words[..] {
        [name, "gave-up"] => (name, What::GaveUp),
        [name, "hints", count] => (name, What::Hints(count.parse().ok()?)),
        [name, "lost"] => (name, What::Lost),
        [name, "passed"] => (name, What::Passed),
        [name, "points", count] => (name, What::Points(count.parse().ok()?)),
        [name, "won"] => (name, What::Won),
        _ => return None,
    };
    Some(Fact {
        name: name.to_owned(),
        what,
    })
}

fn line(Fact { name, what }: &Fact) -> String {
    match what {
        What::GaveUp => format!("{name} gave-up"),
        What::Hints(count) => format!("{name} hints {count}"),
        What::Lost => format!("{name} lost"),
        What::Passed => format!("{name} passed"),
        What::Points(points) => format!("{name} points {points}"),
        What::Won => format!("{name} won"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Fact, What, fact, line};

    #[test]
    fn a_line_is_understood_as_it_was_written() {
        for what in [
            What::GaveUp,
            What::Hints(2),
            What::Lost,
            What::Passed,
            What::Points(7),
            What::Won,
        ] {
            let name = "greeter".to_owned();
            let written = line(&Fact {
                name: name.clone(),
                what,
            });
            assert_eq!(fact(&written), Some(Fact { name, what }));
        }
    }

    #[test]
    fn a_damaged_line_is_not_understood() {
        for damaged in ["greeter", "greeter passed twice", "a hints many"] {
            assert_eq!(fact(damaged), None, "{damaged}");
        }
    }
}
