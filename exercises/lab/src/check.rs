//! `cargo lab check`: grade one exercise or more.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr, stdout};

use anyhow::Result;
use colored::Colorize;
use course::Outcome;

use crate::build::{self, Built, Leash, News};
use crate::cli::Check;
use crate::map::{Map, Task};
use crate::progress::{Progress, What};
use crate::{Done, Trouble, report, status};

pub(crate) fn check(map: &Map, progress: &mut Progress, asked: &Check) -> Done {
    let tasks = tasks(map, progress, asked)?;
    if tasks.is_empty() {
        println!("There is nothing to check: no exercise has been begun.");
        println!("The next one: {}", status::next(map, progress));
        return Ok(true);
    }
    let options = options(&tasks, asked)?;
    let leash = Leash::default();
    let built = build::build(map, &tasks, &leash, tell)?;
    hush();
    let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    let alone = tasks.len() == 1;
    if !built.programs.is_empty() {
        build::judge(map, &built, &options, &leash, |outcome| {
            if asked.json {
                if let Ok(line) = serde_json::to_string(&outcome) {
                    println!("{line}");
                }
            } else if alone {
                println!("{}", report::line(&outcome));
            }
            outcomes
                .entry(outcome.exercise.clone())
                .or_default()
                .push(outcome);
        })?;
    }
    let mut all = true;
    for task in &tasks {
        let mut own = outcomes.remove(task.name()).unwrap_or_default();
        own.sort_by_key(|outcome| outcome.place);
        all &= tell_of(*task, &built, &own, asked)?;
        // A part of the checks says nothing of the whole.
        if asked.only.is_none() {
            keep(progress, *task, &own)?;
        }
    }
    if all && !asked.json && asked.only.is_none() {
        println!("Next: {}", status::next(map, progress));
    }
    Ok(all)
}

/// What came of one exercise: true if all is well.
fn tell_of(
    task: Task<'_>,
    built: &Built,
    own: &[Outcome],
    asked: &Check,
) -> Result<bool> {
    if !built.programs.contains_key(task.name()) {
        let text = built.messages.get(task.name());
        let text = text.map_or("", String::as_str);
        if asked.json {
            let line = serde_json::json!({
                "exercise": task.name(),
                "verdict": "compile-error",
                "message": text,
            });
            println!("{line}");
        } else {
            // The compiler's words, and nothing else.
            eprint!("{text}");
        }
        return Ok(false);
    }
    if !asked.json {
        if let Some(warnings) = built.messages.get(task.name()) {
            eprint!("{warnings}");
        }
        print!("{}", report::stories(own));
        println!("{}", report::verdict(task, own));
        stdout().flush()?;
    }
    Ok(report::passed(own))
}

/// Keeps what a check of all of an exercise has found.
pub(crate) fn keep(
    progress: &mut Progress,
    task: Task<'_>,
    outcomes: &[Outcome],
) -> Result<()> {
    if report::passed(outcomes) {
        return progress.note(task.name(), What::Passed);
    }
    let points: u32 = outcomes.iter().map(|outcome| outcome.points).sum();
    if points > 0 {
        progress.note(task.name(), What::Points(points))?;
    }
    Ok(())
}

fn tasks<'a>(
    map: &'a Map,
    progress: &Progress,
    asked: &Check,
) -> Result<Vec<Task<'a>>, Trouble> {
    if asked.all {
        let mut begun = Vec::new();
        for task in map.tasks() {
            if map.is_begun(task)? {
                begun.push(task);
            }
        }
        return Ok(begun);
    }
    if asked.exercises.is_empty() {
        return Ok(status::current(map, progress).into_iter().collect());
    }
    asked.exercises.iter().map(|name| map.task(name)).collect()
}

/// What the judge is told beside the programs.
fn options(tasks: &[Task<'_>], asked: &Check) -> Result<Vec<String>, Trouble> {
    let mut options = Vec::new();
    if let Some(check) = &asked.only {
        let check = check.replace(' ', "_");
        let known = || tasks.iter().flat_map(|t| t.exercise.points.keys());
        if !known().any(|name| *name == check) {
            let file = tasks.first().map_or_else(String::new, |task| {
                format!("exercises/{}/exercises.toml", task.topic)
            });
            return Err(crate::map::misnamed(
                "check",
                &check,
                known().map(String::as_str),
                &file,
            ));
        }
        options.extend(["--check".to_owned(), check]);
    }
    if let Some(seed) = &asked.seed {
        if u64::from_str_radix(seed, 16).is_err() {
            return Err(Trouble::Misused(format!(
                "--seed takes up to 16 hexadecimal digits, not {seed:?}"
            )));
        }
        options.extend(["--seed".to_owned(), seed.clone()]);
    }
    match asked.surroundings.as_deref() {
        None => {}
        Some(kind @ ("private" | "shared")) => {
            options.extend(["--surroundings".to_owned(), kind.to_owned()]);
        }
        Some(other) => {
            return Err(Trouble::Misused(format!(
                "--surroundings takes private or shared, not {other:?}"
            )));
        }
    }
    Ok(options)
}

/// Progress of the build, on one line that the next one overwrites; only for
/// a terminal.
fn tell(news: &News<'_>) {
    let mut err = stderr();
    // Nobody needs to hear it.
    let _ = match news {
        News::Locked => writeln!(
            err,
            "{}",
            "Another Cargo is at work here (an editor's, perhaps); waiting \
             for it."
                .yellow()
        ),
        News::Compiling(name) if err.is_terminal() => {
            write!(err, "\r\x1b[Kcompiling {name}")
        }
        News::Compiling(_) => Ok(()),
    };
}

/// Wipes the line of progress.
fn hush() {
    let mut err = stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\x1b[K");
    }
}
