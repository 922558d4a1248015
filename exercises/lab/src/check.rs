//! `cargo lab check`: grade one exercise or more.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stdout};
use std::sync::Arc;

use anyhow::Result;
use colored::Colorize;
use course::Outcome;

use crate::build::{self, Built, Leash};
use crate::cli::Check;
use crate::map::{Map, Task};
use crate::progress::{Progress, What};
use crate::{Done, Trouble, report, screen, status};

pub(crate) fn check(map: &Map, progress: &mut Progress, asked: &Check) -> Done {
    let mut tasks = tasks(map, progress, asked)?;
    if tasks.is_empty() {
        say!(
            "There is nothing to check: {}.",
            if asked.all {
                "no exercise has been begun"
            } else {
                "every exercise is passed; name one to check it again"
            }
        );
        say!("Next: {}", status::next(map, progress));
        return Ok(true);
    }
    let options = options(&tasks, asked)?;
    if let Some(check) = &asked.only {
        let check = named(check);
        tasks.retain(|task| task.exercise.points.contains_key(&check));
    }
    let leash = Arc::new(Leash::default());
    leash.end_with_signals()?;
    let built = build::build(map, &tasks, &leash, screen::tell_of_build)?;
    screen::hush();
    let mut outcomes: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    let alone = tasks.len() == 1;
    // Where nobody watches, the order of the task is better to compare.
    let watched = stdout().is_terminal();
    if !built.programs.is_empty() {
        build::judge(map, &built, &options, &leash, |outcome| {
            let name = outcome.exercise.clone();
            if asked.json {
                if let Ok(line) = serde_json::to_string(&outcome) {
                    say!("{line}");
                }
            } else if alone && watched {
                say!("{}", report::line(&outcome));
            }
            let own = outcomes.entry(name.clone()).or_default();
            own.push(outcome);
            // Of several exercises, each shows when its last check ends.
            let task = tasks.iter().find(|task| task.name() == name);
            if let Some(task) =
                task.filter(|_| !alone && watched && !asked.json)
                && (asked.only.is_some()
                    || own.len() == task.exercise.points.len())
            {
                say!("{}", report::verdict(*task, own));
            }
        })?;
    }
    let mut passed = 0;
    for task in &tasks {
        let mut own = outcomes.remove(task.name()).unwrap_or_default();
        own.sort_by_key(|outcome| outcome.place);
        if !watched && !asked.json {
            if alone {
                for outcome in &own {
                    say!("{}", report::line(outcome));
                }
            } else if !own.is_empty() {
                say!("{}", report::verdict(*task, &own));
            }
        }
        let well = tell_of(*task, &built, &own, asked, alone);
        passed += usize::from(well);
        // A part of the checks says nothing of the whole.
        if asked.only.is_none() {
            keep(progress, *task, &own)?;
        }
    }
    let all = passed == tasks.len();
    if !asked.json {
        if !alone {
            say!("\n{passed} of {} exercises passed", tasks.len());
        }
        if all && asked.only.is_none() {
            say!("Next: {}", status::next(map, progress));
        }
    }
    Ok(all)
}

/// What came of one exercise: true if all is well.
fn tell_of(
    task: Task<'_>,
    built: &Built,
    own: &[Outcome],
    asked: &Check,
    alone: bool,
) -> bool {
    if !built.programs.contains_key(task.name()) {
        let text = built.messages.get(task.name());
        let text = text.map_or("", String::as_str);
        if asked.json {
            let line = serde_json::json!({
                "exercise": task.name(),
                "verdict": "compile-error",
                "message": text,
            });
            say!("{line}");
        } else {
            // The compiler's words, and nothing else.
            screen::complain(text);
        }
        return false;
    }
    if !asked.json {
        if let Some(warnings) = built.messages.get(task.name()) {
            screen::complain(warnings);
        }
        let stories = report::stories(own);
        if alone {
            say_part!("{stories}");
            if !stories.is_empty() {
                say!();
            }
            say!("{}", report::verdict(task, own));
        } else if !stories.is_empty() {
            say!("\n{}", task.name().bold());
            say_part!("{stories}");
        }
    }
    report::passed(own)
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

/// The name of a check, which is shown as a sentence.
fn named(check: &str) -> String {
    check.replace(' ', "_")
}

/// What the judge is told beside the programs.
fn options(tasks: &[Task<'_>], asked: &Check) -> Result<Vec<String>, Trouble> {
    let mut options = Vec::new();
    if let Some(check) = &asked.only {
        let check = named(check);
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
