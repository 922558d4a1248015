//! Where a program is that does not do what is expected: in which call, on
//! which descriptor, and who is at its other end.
//!
//! A process runs one check, so what it knows of programs and peers is kept
//! here for all of it: a failure looks at them at the very moment it is made,
//! before the peers of the check are gone.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::unistd::Pid;

use super::attempt::{Run, complaint, how};
use super::peer::Note;
use super::watch::PeerAt;
use crate::kernel::{self, Call};

/// The programs and peers of this process's check.
#[derive(Default)]
struct Known {
    runs: Vec<Run>,
    peers: Vec<Arc<Note>>,
}

static KNOWN: Mutex<Known> = Mutex::new(Known {
    runs: Vec::new(),
    peers: Vec::new(),
});

fn known() -> MutexGuard<'static, Known> {
    KNOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn knows_run(run: &Run) {
    known().runs.push(run.clone());
}

pub(super) fn knows_peer(peer: &Arc<Note>) {
    known().peers.push(Arc::clone(peer));
}

/// Whether there are programs, and all have ended.
pub(super) fn all_have_ended() -> bool {
    let known = known();
    let ended = |run: &Run| run.program.has_ended();
    !known.runs.is_empty() && known.runs.iter().all(ended)
}

/// The peers that the check has played.
pub(super) fn peers() -> Vec<PeerAt> {
    let known = known();
    let told = known.peers.iter().map(|note| PeerAt {
        name: note.name.clone(),
        local: note.local,
        remote: note.remote,
    });
    told.collect()
}

/// Kills and reaps every program of the check.
pub(super) fn end_all() {
    for run in known().runs.drain(..) {
        // It may have ended and been reaped by itself.
        let _ = run.program.kill();
    }
}

/// A line for each program: its end, or where it sits.
pub(super) fn programs() -> Vec<String> {
    let known = known();
    known
        .runs
        .iter()
        .flat_map(|run| known.whereabouts(run))
        .collect()
}

/// How long a program that runs gets to end, before it is told where it is.
const ON_ITS_WAY: Duration = Duration::from_millis(400);

impl Known {
    fn whereabouts(&self, run: &Run) -> Vec<String> {
        // What a peer saw of it (refused, reset) says less than its end.
        if let Some(ended) = run.program.obituary() {
            return vec![format!("the program has ended: {}", how(&ended))];
        }
        let pid = run.program.pid();
        let calls = kernel::calls(pid);
        // One that runs may be on its way out.
        if calls.contains(&None)
            && run.program.wait_for_end(ON_ITS_WAY).is_ok()
            && let Some(ended) = run.program.obituary()
        {
            return vec![format!("the program has ended: {}", how(&ended))];
        }
        let several = calls.len() > 1;
        let mut told: Vec<String> = calls
            .into_iter()
            .map(|call| {
                let who = if several { "a thread" } else { "the program" };
                match call {
                    None => format!("{who} runs, in no system call"),
                    Some(call) => {
                        format!("{who} is still in {}", self.call(pid, &call))
                    }
                }
            })
            .collect();
        told.dedup();
        if told.is_empty() {
            told.push("the program still runs".to_owned());
        }
        if let Some(said) = complaint(&run.program.complaints()) {
            told.push(format!("on standard error it said: {said}"));
        }
        told
    }

    fn call(&self, pid: Pid, call: &Call) -> String {
        /// More are only counted.
        const NAMED: usize = 6;

        let named: Vec<String> = call
            .descriptors
            .iter()
            .take(NAMED)
            .map(|fd| match self.descriptor(pid, *fd) {
                Some(what) => format!("descriptor {fd}, which is {what}"),
                None => format!("descriptor {fd}"),
            })
            .collect();
        let more = match call.descriptors.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        match &named[..] {
            [] => call.name.clone(),
            named => format!("{} on {}{more}", call.name, named.join("; ")),
        }
    }

    fn descriptor(&self, pid: Pid, fd: i32) -> Option<String> {
        let target = kernel::target(pid, fd)?;
        let standard = match fd {
            0 => Some("standard input"),
            1 => Some("standard output"),
            2 => Some("standard error"),
            _ => None,
        };
        let Some(inode) = kernel::inode(&target) else {
            return standard.map(str::to_owned).or_else(|| {
                target.starts_with("pipe:").then(|| "a pipe".to_owned())
            });
        };
        let row = kernel::tcp().into_iter().find(|row| row.inode == inode);
        let Some(row) = row else {
            return Some("a socket without a connection".to_owned());
        };
        if row.listens {
            return Some("its listening socket".to_owned());
        }
        let peer = self.peers.iter().find(|note| note.local == row.remote);
        Some(peer.map_or_else(
            || format!("connected to {}", row.remote),
            |note| note.told(),
        ))
    }
}
