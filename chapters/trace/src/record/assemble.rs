//! Puts together what strace, the packet socket and the kernel's answers say
//! of one run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use super::capture::Captured;
use super::happenings::{About, happenings};
use super::packets::{Ends, looks, packets, set_right};
use super::strace::Line;
use super::threads::{Processes, Traced, read};
use crate::recording::{FORMAT, Note, Recording, Role, What};

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
    /// Addresses of a check's peers, and their names.
    pub(super) peers: Vec<(SocketAddr, String)>,
    /// Steps of a check: when, in nanoseconds since 1970, and what.
    pub(super) steps: Vec<(u64, What)>,
}

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
    recording.leave_out_idle_lanes();
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

impl Recording {
    /// Leaves out processes that had nothing to do with a socket.
    fn leave_out_idle_lanes(&mut self) {
        let mut busy = vec![false; self.lanes.len()];
        for call in &self.calls {
            busy[call.lane] = true;
        }
        for packet in &self.packets {
            busy[packet.from] = true;
            busy[packet.to] = true;
        }
        for (lane, busy) in self.lanes.iter().zip(&mut busy) {
            *busy |= lane.role == Role::Check;
        }
        if !busy.contains(&true) {
            return;
        }
        let mut place = Vec::new();
        let mut kept = 0;
        for busy in &busy {
            place.push(busy.then_some(kept));
            kept += usize::from(*busy);
        }
        let mut keep = busy.iter();
        self.lanes.retain(|_| *keep.next().unwrap_or(&true));
        let moved = |lane: &mut usize| *lane = place[*lane].unwrap_or(0);
        self.calls.iter_mut().for_each(|c| moved(&mut c.lane));
        self.looks.iter_mut().for_each(|l| moved(&mut l.lane));
        self.notes.retain(|n| place[n.lane].is_some());
        self.notes.iter_mut().for_each(|n| moved(&mut n.lane));
        for packet in &mut self.packets {
            moved(&mut packet.from);
            moved(&mut packet.to);
        }
    }
}
