//! `cargo lab`: where you are, and what comes next.

use std::io::Write;

use colored::Colorize;

use crate::Done;
use crate::map::{Map, Task};
use crate::progress::Progress;
use crate::screen::{width, wrap};

/// The next exercise that is not passed.
pub(crate) fn current<'a>(
    map: &'a Map,
    progress: &Progress,
) -> Option<Task<'a>> {
    map.tasks().find(|task| !progress.passed(task.name()))
}

/// The next step, in words: the next bet or exercise in the order of the
/// book.
pub(crate) fn next(map: &Map, progress: &Progress) -> String {
    for place in &map.topics {
        for bet in &place.topic.bets {
            if !progress.settled(&bet.name) {
                return format!(
                    "cargo lab bet {}   ({})",
                    place.name, bet.name
                );
            }
        }
        for exercise in &place.topic.exercises {
            if !progress.passed(&exercise.name) {
                let task = Task {
                    topic: &place.name,
                    exercise,
                };
                return format!(
                    "cargo lab watch {}   ({})",
                    exercise.name,
                    task.file().display()
                );
            }
        }
    }
    "nothing is left: you have done it all".to_owned()
}

pub(crate) fn show(map: &Map, progress: &Progress) -> Done {
    let mut out = std::io::stdout().lock();
    if !progress.begun {
        writeln!(
            out,
            "{}\n",
            wrap(
                "Welcome. Each topic of the book ends with bets (what will a \
                 program print?) and exercises (write the program). Read a \
                 topic with `cargo book`, then come back here. `cargo lab \
                 watch` grades an exercise again on every save; `cargo lab \
                 doctor` says what your machine can do.",
                ""
            )
        )?;
    }
    let (mut sum, mut all) = (0, 0);
    let longest = map
        .topics
        .iter()
        .map(|p| p.name.len())
        .max()
        .unwrap_or_default();
    for place in &map.topics {
        let topic = &place.topic;
        let count = topic.bets.len() + topic.exercises.len();
        let mut done = 0;
        let (mut points, mut of) = (0, 0);
        for bet in &topic.bets {
            of += bet.points;
            if progress.settled(&bet.name) {
                done += 1;
            }
            if progress.has(&bet.name, crate::progress::What::Won) {
                points += bet.points;
            }
        }
        for exercise in &topic.exercises {
            of += exercise.sum();
            if progress.passed(&exercise.name) {
                done += 1;
                points += exercise.sum();
            } else {
                points += progress.points(&exercise.name).min(exercise.sum());
            }
        }
        let bar = bar(done, count, 10);
        let name = &place.name;
        if width() >= longest + 32 {
            writeln!(
                out,
                "{name:<longest$}  {bar}  {done:>2} of {count:>2}  {points:>3} \
                 of {of:>3} points"
            )?;
        } else {
            writeln!(
                out,
                "{name}\n  {done} of {count}, {points} of {of} points"
            )?;
        }
        sum += points;
        all += of;
    }
    writeln!(out, "\n{}", format!("{sum} of {all} points").bold())?;
    writeln!(out, "Next: {}", next(map, progress))?;
    Ok(true)
}

/// `####......`, coloured where there are colours.
fn bar(done: usize, of: usize, width: usize) -> String {
    let full = (done * width).checked_div(of).unwrap_or(0);
    format!(
        "{}{}",
        "#".repeat(full).green(),
        ".".repeat(width - full).dimmed()
    )
}
