//! What a probe tells while it works.

use std::fmt::Display;

use nix::errno::Errno;
use serde::{Deserialize, Serialize};

/// The steps of a probe and what it found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Story {
    /// In the order in which they happened.
    pub steps: Vec<Step>,
}

/// Something that was done, or found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// In words, with figures of this run: ports, descriptors, counts.
    Did(String),
    /// A measured value, the same in every run, under a label that is unique
    /// in the probe.
    Found(String, String),
}

impl Story {
    /// Tells what is done next, or has just been done.
    pub fn does(&mut self, what: impl Display) {
        self.steps.push(Step::Did(what.to_string()));
    }

    /// Keeps what was measured.
    pub fn finds(&mut self, label: &str, value: impl Display) {
        self.steps
            .push(Step::Found(label.to_owned(), value.to_string()));
    }

    /// Keeps what a call gave back: `success`, or the name of its errno.
    pub fn finds_result<T>(&mut self, label: &str, result: Result<T, Errno>) {
        match result {
            Ok(_) => self.finds(label, "success"),
            Err(errno) => self.finds(label, format!("{errno:?}")),
        }
    }

    /// Everything that was found, in order.
    pub fn found(&self) -> impl Iterator<Item = (&str, &str)> {
        self.steps.iter().filter_map(|step| match step {
            Step::Did(_) => None,
            Step::Found(label, value) => {
                Some((label.as_str(), value.as_str()))
            }
        })
    }
}
