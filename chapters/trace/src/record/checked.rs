//! A check that is recorded: the packets between its peers and the program,
//! the program's calls, and the check's steps.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use course::{Outcome, Surroundings};
use testkit::grade::{self, Check, Exercise, Story, Target, Watching};

use super::assemble::{Around, assemble};
use super::capture::{Capture, Captured};
use super::{
    Folder, NO_PACKETS, Recorded, end_the_program_and_not_the_picture,
    strace_is_missing, tracer,
};
use crate::recording::What;

/// How long strace gets to write its last lines.
const LAST_LINES: Duration = Duration::from_secs(2);

/// The pause between two looks at what it has written.
const LOOK: Duration = Duration::from_millis(2);

/// Does the work of one check, if this process was started for that: the exit
/// code to end with.
pub fn is_one_check(exercises: &[&'static Exercise]) -> Option<ExitCode> {
    grade::is_one_check_watched(exercises, |folder| {
        Ok(Box::new(Recorder::new(folder)))
    })
}

/// Runs one check on a program and records it.
pub fn checked(
    exercise: &Exercise,
    check: &Check,
    program: &Path,
    surroundings: Option<Surroundings>,
    seed: u64,
) -> Result<(Outcome, Recorded)> {
    end_the_program_and_not_the_picture()?;
    let folder = Folder::new()?;
    let target = Target {
        path: program.to_owned(),
        name: None,
    };
    let outcome = grade::watched(
        exercise,
        check,
        &target,
        surroundings,
        seed,
        folder.path(),
    )?;
    let recorded = Recorded::left_in(folder.path()).with_context(|| {
        outcome
            .reason
            .clone()
            .unwrap_or_else(|| "the check".to_owned())
    })?;
    Ok((outcome, recorded))
}

/// In the process of the check.
struct Recorder {
    folder: PathBuf,
    capture: Option<Capture>,
    missing: Vec<String>,
    traces: bool,
}

impl Recorder {
    fn new(folder: &Path) -> Recorder {
        // Fails where the check has no network of its own.
        let capture = Capture::start().ok();
        let no_strace = strace_is_missing();
        let traces = no_strace.is_none();
        let no_packets = capture.is_none().then(|| NO_PACKETS.to_owned());
        Recorder {
            folder: folder.to_owned(),
            capture,
            missing: no_packets.into_iter().chain(no_strace).collect(),
            traces,
        }
    }

    /// Waits until strace has written down the ends of all threads.
    fn wait_for_strace(&self) {
        let deadline = Instant::now() + LAST_LINES;
        while Instant::now() < deadline && !self.is_complete() {
            // Nothing tells of it.
            thread::park_timeout(LOOK);
        }
    }

    fn is_complete(&self) -> bool {
        let entries = fs::read_dir(&self.folder);
        entries.into_iter().flatten().flatten().all(|entry| {
            let name = entry.file_name();
            let calls = name.to_string_lossy().starts_with("calls-");
            let text = fs::read(entry.path()).unwrap_or_default();
            !calls || text.ends_with(b"+++\n")
        })
    }
}

impl Watching for Recorder {
    fn starts_by(&mut self, number: usize) -> Vec<OsString> {
        if !self.traces {
            return Vec::new();
        }
        let mut command = tracer(&self.folder, number);
        // The tracer is the grandchild, so that the program stays the check's
        // child, and in a group of its own, which the check's signals to the
        // program's group do not reach.
        command.args(["--daemonize=pgroup", "--"]);
        let program = command.get_program().to_owned();
        let args = command.get_args().map(ToOwned::to_owned);
        std::iter::once(program).chain(args).collect()
    }

    fn ends(self: Box<Self>, story: Story) -> Result<()> {
        self.wait_for_strace();
        let mut missing = self.missing;
        let captured =
            self.capture.map_or_else(Captured::default, Capture::end);
        let (exercise, check) = story.check;
        let mut steps: Vec<_> = story
            .steps
            .into_iter()
            .map(|step| (step.at, What::Step(step.text)))
            .collect();
        if let Some(failure) = story.failure {
            let text =
                format!("expected: {}; got: {}", failure.expected, failure.got);
            steps.push((super::capture::clock(), What::Failure(text)));
        }
        missing.dedup();
        let around = Around {
            command: format!("ex-{exercise}"),
            check: Some(format!("{exercise}/{check}")),
            missing,
            names: vec!["your program".to_owned(); 16],
            peers: story.peers,
            steps,
        };
        let recorded = Recorded {
            recording: assemble(&self.folder, &captured, around)?,
            frames: captured.frames,
        };
        recorded.leave_in(&self.folder)
    }
}
