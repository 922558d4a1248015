//! `exercises/NN-topic/exercises.toml`.

use std::collections::BTreeMap;
use std::fmt;

use regex_lite::RegexBuilder;
use serde::{Deserialize, Serialize};

/// The exercises and bets of one topic, in the order in which to take them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// What is graded by a test.
    #[serde(default, rename = "exercise")]
    pub exercises: Vec<Exercise>,
    /// What the learner's own kernel marks.
    #[serde(default, rename = "bet")]
    pub bets: Vec<Bet>,
}

/// What a learner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Writes a program.
    Make,
    /// Finds the one fault of a program.
    Mend,
    /// Writes the client that tells right servers from wrong ones.
    Break,
}

/// A graded exercise.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// Its name, unique in the course: `greeter`.
    pub name: String,
    /// What a learner does.
    pub kind: Kind,
    /// How long it takes, in minutes: from, to.
    pub minutes: [u32; 2],
    /// The lesson to read again, below `book/src`.
    pub page: String,
    /// From a question to nearly the answer.
    pub hints: Vec<String>,
    /// What each check is worth, by the check's name.
    pub points: BTreeMap<String, u32>,
}

/// A prediction: a question, and a program of the chapters whose output
/// decides which answer holds on the learner's kernel.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bet {
    /// Its name, unique in the course: `third-client`.
    pub name: String,
    /// How long it takes, in minutes: from, to.
    pub minutes: [u32; 2],
    /// What a right prediction is worth.
    pub points: u32,
    /// The lesson to read afterwards, below `book/src`.
    pub page: String,
    /// The belief of `book/misconceptions.toml` that it meets.
    pub misconception: Option<String>,
    /// The question.
    pub question: String,
    /// The program that decides.
    pub program: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// What it needs of the machine, as a recording does.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Why it comes out as it does.
    pub why: String,
    /// The answers to choose from.
    pub choices: Vec<Choice>,
}

/// One answer of a bet.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The answer.
    pub text: String,
    /// A regular expression, in which `^` and `$` are the ends of a line: the
    /// answer holds if it matches the program's output.
    pub when: String,
}

impl Topic {
    /// Reads a topic's table from its text.
    ///
    /// # Errors
    ///
    /// The place and the reason, where it does not parse.
    pub fn parse(text: &str) -> Result<Topic, toml::de::Error> {
        toml::from_str(text)
    }

    /// The exercise of this name.
    pub fn exercise(&self, name: &str) -> Option<&Exercise> {
        self.exercises.iter().find(|exercise| exercise.name == name)
    }
}

impl Exercise {
    /// All the points there are.
    pub fn sum(&self) -> u32 {
        self.points.values().sum()
    }
}

impl Bet {
    /// Which choice holds, by its place in the list, after the program has
    /// printed `output`.
    ///
    /// # Errors
    ///
    /// A sentence, where none holds or more than one does: the kernel did
    /// what the bet's author did not think of.
    pub fn settle(&self, output: &str) -> Result<usize, String> {
        let mut holding = Vec::new();
        for (at, choice) in self.choices.iter().enumerate() {
            let when = RegexBuilder::new(&choice.when)
                .multi_line(true)
                .build()
                .map_err(|error| format!("{}: {error}", choice.when))?;
            if when.is_match(output) {
                holding.push(at);
            }
        }
        match holding[..] {
            [at] => Ok(at),
            [] => Err(format!("no answer of {} fits the output", self.name)),
            _ => Err(format!(
                "{} answers of {} fit the output",
                holding.len(),
                self.name
            )),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Make => "make",
            Kind::Mend => "mend",
            Kind::Break => "break",
        })
    }
}
