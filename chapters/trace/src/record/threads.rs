//! What strace has left behind: a file for each thread, and which processes
//! they make.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::strace::{self, Line};
use crate::recording::{Lane, Role};

/// The environment variable by which a chapter's program names its peers.
const LABEL: &str = "STAGE_LABEL";

/// One thread, from one file of strace's.
pub(super) struct Traced {
    pub(super) program: usize,
    pub(super) lines: Vec<(u64, Line)>,
}

/// Reads what strace has written into `folder` (`calls-N.TID`), by thread.
pub(super) fn read(folder: &Path) -> Result<BTreeMap<i32, Traced>> {
    let mut threads = BTreeMap::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Some((program, tid)) = name
            .strip_prefix("calls-")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let (Ok(program), Ok(tid)) = (program.parse(), tid.parse()) else {
            continue;
        };
        let text =
            fs::read(entry.path()).with_context(|| format!("read {name}"))?;
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter_map(strace::line).collect();
        threads.insert(tid, Traced { program, lines });
    }
    Ok(threads)
}

/// The processes among the threads.
pub(super) struct Processes {
    /// Its lane, and its place among the threads of its process.
    pub(super) of_thread: BTreeMap<i32, (usize, usize)>,
    names: Vec<String>,
}

impl Processes {
    pub(super) fn of(
        threads: &BTreeMap<i32, Traced>,
        programs: &[String],
    ) -> Processes {
        // Who was started by whom, and as what.
        let mut process_of: BTreeMap<i32, i32> =
            threads.keys().map(|tid| (*tid, *tid)).collect();
        for (tid, traced) in threads {
            for (_, line) in &traced.lines {
                let Line::Call(raw) = line else { continue };
                if !matches!(
                    raw.name.as_str(),
                    "clone" | "clone3" | "fork" | "vfork"
                ) {
                    continue;
                }
                let child = raw.result.as_deref().and_then(|text| {
                    strace::bare(text).split(' ').next()?.parse::<i32>().ok()
                });
                let Some(child) = child else { continue };
                let thread =
                    raw.args.iter().any(|arg| arg.contains("CLONE_THREAD"));
                if thread {
                    process_of.insert(child, *tid);
                }
            }
        }
        // A thread's thread belongs to the first thread's process.
        let first = |tid: i32| {
            let mut tid = tid;
            while let Some(above) = process_of.get(&tid) {
                if *above == tid {
                    break;
                }
                tid = *above;
            }
            tid
        };
        let mut by_start: Vec<_> = threads
            .iter()
            .filter_map(|(tid, traced)| Some((traced.lines.first()?.0, *tid)))
            .collect();
        by_start.sort_unstable();

        let mut lane_of: BTreeMap<i32, usize> = BTreeMap::new();
        let mut of_thread = BTreeMap::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut names = Vec::new();
        for (_, tid) in by_start {
            let process = first(tid);
            let lane = *lane_of.entry(process).or_insert_with(|| {
                counts.push(0);
                names.push(String::new());
                names.len() - 1
            });
            of_thread.insert(tid, (lane, counts[lane]));
            counts[lane] += 1;
        }
        let mut labels: BTreeMap<i32, String> = threads
            .iter()
            .filter_map(|(tid, traced)| Some((*tid, label(traced)?)))
            .collect();
        // Those that were started last are named first.
        for (process, lane) in lane_of.iter().rev() {
            let traced = threads.get(process);
            names[*lane] = match labels.get(process) {
                Some(label) => label.clone(),
                None => traced
                    .and_then(|traced| {
                        let others = |(tid, label): (&i32, &String)| {
                            let other = threads.get(tid)?;
                            let same = other.program == traced.program;
                            same.then(|| label.clone())
                        };
                        let others: Vec<String> =
                            labels.iter().filter_map(others).collect();
                        spoken(traced, &others)
                    })
                    .or_else(|| programs.get(traced?.program).cloned())
                    .unwrap_or_else(|| "process".to_owned()),
            };
            // What it says may be passed on by the process that started it.
            labels
                .entry(*process)
                .or_insert_with(|| names[*lane].clone());
        }
        let names = told_apart(&names);
        Processes { of_thread, names }
    }

    pub(super) fn lanes(&self) -> Vec<Lane> {
        self.names
            .iter()
            .map(|name| Lane {
                name: name.clone(),
                role: Role::Program,
                end: None,
            })
            .collect()
    }
}

/// The name that a chapter's program gave this peer.
fn label(traced: &Traced) -> Option<String> {
    traced.lines.iter().rev().find_map(|(_, line)| match line {
        Line::Call(raw)
            if raw.name == "execve" && raw.result.as_deref() == Some("0") =>
        {
            let all = strace::environment(raw.args.get(2)?);
            all.get(LABEL).cloned()
        }
        _ => None,
    })
}

/// The name that a chapter's program goes by in what it prints: `server |
/// listen(3, 8) = 0`.
/// Where it plays several parts, that of most lines, if those are by far the
/// most.
fn spoken(traced: &Traced, others: &[String]) -> Option<String> {
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for name in traced
        .lines
        .iter()
        .filter_map(|(_, line)| part(line, others))
    {
        *said.entry(name).or_default() += 1;
    }
    let all: usize = said.values().sum();
    let (name, most) = said.into_iter().max_by_key(|(_, count)| *count)?;
    (most * 3 >= all * 2).then_some(name)
}

/// The part that a process plays in a line that it prints.
fn part(line: &Line, others: &[String]) -> Option<String> {
    let Line::Call(raw) = line else { return None };
    if raw.name != "write" {
        return None;
    }
    let (1, _) = strace::descriptor(raw.args.first()?)? else {
        return None;
    };
    let text = raw.args.get(1)?.trim_start_matches('"');
    let (name, _) = text.split_once(" | ")?;
    let name = name.trim_end();
    let plain = !name.is_empty()
        && name.len() <= 12
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    // `kernel` is what a program says on the kernel's behalf.
    (plain && name != "kernel" && !others.iter().any(|other| other == name))
        .then(|| name.to_owned())
}

/// Names that stand twice get letters: `client A`, `client B`.
fn told_apart(names: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<String, u8> = BTreeMap::new();
    let count = |name: &String| names.iter().filter(|n| *n == name).count();
    names
        .iter()
        .map(|name| {
            if count(name) == 1 {
                return name.clone();
            }
            let nth = seen.entry(name.clone()).or_default();
            let letter = char::from(b'A' + (*nth).min(25));
            *nth += 1;
            format!("{name} {letter}")
        })
        .collect()
}
