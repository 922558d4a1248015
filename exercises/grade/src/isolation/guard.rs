//! Watches over a place from within: what its processes use, and that none is
//! left.

use std::fs;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::{Pid, getpid};

use super::{Level, Place};

/// How often memory is looked at: no event tells of it.
const LOOK: Duration = Duration::from_millis(250);

/// A child's children become ours when it is gone, so one look is not enough;
/// a program that forks for ever is not chased for ever.
const ROUNDS: usize = 200;

/// Ends the programs of a place when they take too much memory together.
pub(super) fn watch_memory(place: &'static Place) {
    let _ = thread::Builder::new().stack_size(128 << 10).spawn(move || {
        loop {
            thread::sleep(LOOK);
            let used: u64 = others(place).into_iter().map(memory).sum();
            if used > place.limits.memory {
                kill_others(place);
            }
        }
    });
}

/// Kills every process of a place but this one, and gives back how many there
/// are still.
pub(super) fn clear(place: &Place) -> usize {
    for _ in 0..ROUNDS {
        kill_others(place);
        reap(place.level == Level::Namespaces);
        if others(place).is_empty() {
            return 0;
        }
    }
    others(place).len()
}

fn kill_others(place: &Place) {
    if place.level == Level::Namespaces {
        // As the first process here: everybody else, and nobody outside. In
        // a namespace of root's the effective user decides, which is the
        // program's.
        let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    } else if let Some(users) = &place.users {
        users.kill_all();
    } else {
        for pid in descendants() {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// Reaps children that have ended; `all`: waits for each of them.
fn reap(all: bool) {
    let how = (!all).then_some(WaitPidFlag::WNOHANG);
    let any = Pid::from_raw(-1);
    loop {
        match waitpid(any, how) {
            Ok(nix::sys::wait::WaitStatus::StillAlive) | Err(Errno::ECHILD) => {
                return;
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// The processes of a place but this one.
fn others(place: &Place) -> Vec<i32> {
    if place.level == Level::Namespaces {
        let own = getpid().as_raw();
        return processes().filter(|pid| *pid != own).collect();
    }
    match &place.users {
        Some(users) => users.processes(),
        None => descendants(),
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Children, their children, and so on.
fn descendants() -> Vec<i32> {
    let parents: Vec<(i32, i32)> = processes()
        .filter_map(|pid| Some((pid, parent(pid)?)))
        .collect();
    let mut found = vec![getpid().as_raw()];
    let mut at = 0;
    while let Some(&above) = found.get(at) {
        at += 1;
        let children = parents.iter().filter(|(_, of)| *of == above);
        found.extend(children.map(|(pid, _)| pid));
    }
    found.split_off(1)
}

/// The parent of a process that still lives.
fn parent(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut words = rest.split_whitespace();
    let state = words.next()?;
    let parent = words.next()?.parse().ok()?;
    (state != "Z").then_some(parent)
}

/// Memory of a process, in bytes, without what the files hold that it runs.
fn memory(pid: i32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/status"));
    let text = text.unwrap_or_default();
    let kib = |name: &str| -> u64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    (kib("RssAnon:") + kib("RssShmem:")) << 10
}

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn adopt_strays() {
    // A process that gives up its parent becomes ours instead of init's.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn adopt_strays() {}

/// Whoever has started this process waits for it, and has no other use for it.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn end_with_the_parent() -> anyhow::Result<()> {
    Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::unnecessary_wraps, reason = "as its namesake")]
pub(super) fn end_with_the_parent() -> anyhow::Result<()> {
    Ok(())
}
