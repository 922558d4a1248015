//! What comes of one check: a verdict, and the story that defends it.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

/// What a check says of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does what the task says.
    Passed,
    /// It does not.
    Failed,
    /// This machine lacks what the check needs; no points are lost or won.
    Skipped,
    /// The check itself failed, which is not the program's fault and never
    /// counts as zero points.
    GraderError,
}

/// How much of a machine of its own a check has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Surroundings {
    /// Namespaces of its own.
    Private,
    /// Process groups on the machine as it is.
    Shared,
}

impl fmt::Display for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Surroundings::Private => {
                "private (a user, network and process namespace for each check)"
            }
            Surroundings::Shared => {
                "shared (the machine's own network, process groups)"
            }
        })
    }
}

/// What a program did otherwise than its task says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What the task says.
    pub expected: String,
    /// What came instead.
    pub got: String,
    /// Where each program of the check was at that moment.
    pub programs: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected: {}\n     got: {}", self.expected, self.got)
    }
}

/// What came of one check on one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The exercise: `greeter`.
    pub exercise: String,
    /// The check's name.
    pub check: String,
    /// Its place among the checks of its exercise, in the order of the task.
    pub place: usize,
    /// The verdict.
    pub verdict: Verdict,
    /// Points got.
    pub points: u32,
    /// Points to be got.
    pub of: u32,
    /// What was done.
    pub steps: Vec<String>,
    /// What should have come next and what did, if the program failed.
    pub failure: Option<Failure>,
    /// Why the check was skipped, or what its own failure was.
    pub reason: Option<String>,
    /// What the task says about it.
    pub why: String,
    /// The page to read again.
    pub page: String,
    /// What the inputs of this check came from: the same seed gives the same
    /// inputs.
    pub seed: String,
    /// Where it ran.
    pub surroundings: Surroundings,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
}

impl Outcome {
    /// The story in full: a line for each step, what was expected, what came,
    /// where the program is, and why it matters.
    pub fn story(&self) -> String {
        let mut story = String::new();
        for (at, step) in self.steps.iter().enumerate() {
            let _ = writeln!(story, "{:4} {step}", at + 1);
        }
        if let Some(failure) = &self.failure {
            let _ = writeln!(story, "{failure}");
            for program in &failure.programs {
                let _ = writeln!(story, "   where: {program}");
            }
        }
        if let Some(reason) = &self.reason {
            let _ = writeln!(story, "  reason: {reason}");
        }
        let _ = writeln!(story, "     why: {}", self.why);
        let _ = writeln!(story, "    read: {}", self.page);
        story
    }

    /// The story in one line.
    pub fn folded(&self) -> String {
        match (&self.failure, &self.reason) {
            (Some(failure), _) => {
                format!("expected: {}; got: {}", failure.expected, failure.got)
            }
            (None, Some(reason)) => reason.clone(),
            (None, None) => "passed".to_owned(),
        }
    }
}
