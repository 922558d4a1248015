//! Puts together what strace, the packet socket and the kernel's answers say
//! of one run.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;

use super::capture::Captured;
use super::happenings::{About, happenings};
use super::packets::{Ends, looks, packets, set_right};
use super::strace::Line;
use super::threads::{Processes, Traced, read};
use testkit::grade::PeerAt;

use crate::recording::{FORMAT, Lane, Note, Recording, Role, What};

/// What is known beside calls and packets.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// What was run.
    pub(super) command: String,
    pub(super) check: Option<String>,
    pub(super) missing: Vec<String>,
    /// The names of the programs, by the number in the names of strace's
    /// files.
    pub(super) names: Vec<String>,
    /// The peers that a check has played.
    pub(super) peers: Vec<PeerAt>,
    /// Steps of a check: when, in nanoseconds since 1970, and what.
    pub(super) steps: Vec<(u64, What)>,
}

/// The lane of a check that played no peer, or one that is not known.
pub(super) const THE_CHECK: &str = "the check";

/// Makes a recording of what lies in `folder` (`calls-N.TID`) and of what was
/// captured.
pub(super) fn assemble(
    folder: &Path,
    captured: &Captured,
    around: Around,
) -> Result<Recording> {
    let threads = read(folder)?;
    let processes = Processes::of(&threads, &around.names);
    let about = About::of(&threads);
    let start = start(&threads, about, captured, &around);
    let micro = |at: u64| at.saturating_sub(start) / 1000;

    let mut lanes = processes.lanes();
    let (calls, mut notes) =
        happenings(&threads, &processes, about, &mut lanes, &micro);
    let mut ends = Ends::new(&calls, captured, &micro);
    let packets = packets(captured, &mut ends, &mut lanes, &around, &micro);
    let looks = looks(captured, &ends, &micro);
    let calls = set_right(calls, &packets);
    let check = lanes.iter().position(|lane| lane.role == Role::Check);
    let check = match check {
        None if around.check.is_some() => {
            lanes.push(Lane {
                name: THE_CHECK.to_owned(),
                role: Role::Check,
                end: None,
            });
            Some(lanes.len() - 1)
        }
        // What no peer does is told beside the program.
        check => check.filter(|lane| lanes[*lane].name == THE_CHECK),
    };
    for (at, what) in &around.steps {
        let text = match what {
            What::Step(text) | What::Failure(text) | What::Signal(text) => text,
        };
        let lane = lanes
            .iter()
            .position(|lane| {
                lane.role == Role::Check && text.starts_with(&lane.name)
            })
            .or(check)
            .unwrap_or(0);
        notes.push(Note {
            at: micro(*at),
            lane,
            what: what.clone(),
        });
    }
    notes.sort_by_key(|note| note.at);
    let mut missing = around.missing;
    if captured.lost > 0 {
        missing.push(format!(
            "{} packets came faster than they could be kept",
            captured.lost
        ));
    }
    let mut recording = Recording {
        format: FORMAT.to_owned(),
        command: around.command,
        check: around.check,
        system: system(),
        missing,
        lanes,
        calls,
        packets,
        looks,
        notes,
    };
    recording.leave_out_the_idle();
    recording.fold();
    Ok(recording)
}

fn system() -> String {
    match nix::sys::utsname::uname() {
        Ok(name) => format!(
            "{} {}",
            name.sysname().to_string_lossy(),
            name.release().to_string_lossy()
        ),
        Err(_) => std::env::consts::OS.to_owned(),
    }
}

/// When the recording begins: with the first call on a socket, packet or
/// step.
fn start(
    threads: &BTreeMap<i32, Traced>,
    about: About,
    captured: &Captured,
    around: &Around,
) -> u64 {
    let calls = threads.values().flat_map(|traced| {
        traced.lines.iter().filter_map(|(at, line)| match line {
            Line::Call(raw) if about.concerns(raw) => Some(*at),
            _ => None,
        })
    });
    let packets = captured.frames.iter().map(|frame| frame.at);
    let steps = around.steps.iter().map(|(at, _)| *at);
    calls.chain(packets).chain(steps).min().unwrap_or(0)
}
