//! `cargo lab`: where you are, and what comes next.

use std::io::{Write, stdout};

use anyhow::Result;
use colored::Colorize;
use course::{Bet, Exercise};

use crate::Done;
use crate::map::{Map, Place, Task};
use crate::progress::{Progress, What};
use crate::screen::{width, wrap};

/// The next exercise that is not passed.
pub(crate) fn current<'a>(
    map: &'a Map,
    progress: &Progress,
) -> Option<Task<'a>> {
    map.tasks().find(|task| !progress.passed(task.name()))
}

/// The next exercise that is not passed, counted from one of them.
pub(crate) fn after<'a>(
    map: &'a Map,
    progress: &Progress,
    name: &str,
) -> Option<Task<'a>> {
    let later = map.tasks().skip_while(|task| task.name() != name);
    later
        .chain(map.tasks())
        .find(|task| !progress.passed(task.name()))
}

/// The next step: the first bet or exercise that is not done, in the order of
/// the book.
enum Step<'a> {
    Bet(&'a str, &'a Bet),
    Exercise(Task<'a>),
}

impl Step<'_> {
    fn topic(&self) -> &str {
        match self {
            Step::Bet(topic, _) => topic,
            Step::Exercise(task) => task.topic,
        }
    }
}

fn step<'a>(map: &'a Map, progress: &Progress) -> Option<Step<'a>> {
    map.topics.iter().find_map(|place| {
        let topic = &place.topic;
        let bet = topic.bets.iter().find(|b| !progress.settled(&b.name));
        if let Some(bet) = bet {
            return Some(Step::Bet(&place.name, bet));
        }
        let mut exercises = topic.exercises.iter();
        let exercise = exercises.find(|e| !progress.passed(&e.name))?;
        Some(Step::Exercise(Task {
            topic: &place.name,
            exercise,
        }))
    })
}

/// The next step, in words.
pub(crate) fn next(map: &Map, progress: &Progress) -> String {
    match step(map, progress) {
        Some(Step::Bet(_, bet)) => format!("cargo lab bet {}", bet.name),
        Some(Step::Exercise(task)) => format!(
            "cargo lab watch {}   (edit {})",
            task.name(),
            task.file().display()
        ),
        None => "nothing is left; you have done it all".to_owned(),
    }
}

const WELCOME: &str = "Welcome. Each topic of the book ends with bets (what \
    will this program print?) and exercises (write this program, or mend \
    it). Read a topic first: `cargo book` opens the book. Then come back: \
    `cargo lab bet` asks for a prediction, `cargo lab watch` grades an \
    exercise on every save. `cargo lab doctor` says what your machine can \
    do, `cargo lab --help` lists the rest.";

/// Where the learner is.
pub(crate) fn show(map: &Map, progress: &Progress) -> Done {
    let mut out = stdout().lock();
    if !progress.begun {
        writeln!(out, "{}\n", wrap(WELCOME, ""))?;
    }
    let here = step(map, progress).map(|step| step.topic().to_owned());
    let (mut points, mut of) = (0, 0);
    for place in &map.topics {
        let score = topic(&mut out, map, progress, place)?;
        if Some(&place.name) == here.as_ref() {
            items(&mut out, progress, place)?;
        }
        points += score.points;
        of += score.of;
    }
    writeln!(out, "\n{}", format!("{points} of {of} points").bold())?;
    writeln!(out, "Next: {}", next(map, progress))?;
    Ok(true)
}

/// Every bet and exercise of one topic, or of all.
pub(crate) fn list(
    map: &Map,
    progress: &Progress,
    asked: Option<&str>,
) -> Done {
    let mut out = stdout().lock();
    let places: Vec<&Place> = match asked {
        Some(asked) => vec![map.topic(asked)?],
        None => map.topics.iter().collect(),
    };
    for place in places {
        topic(&mut out, map, progress, place)?;
        items(&mut out, progress, place)?;
    }
    Ok(true)
}

struct Score {
    points: u32,
    of: u32,
}

/// A line for a topic.
fn topic(
    out: &mut impl Write,
    map: &Map,
    progress: &Progress,
    Place { name, topic }: &Place,
) -> Result<Score> {
    let count = topic.bets.len() + topic.exercises.len();
    let mut score = Score { points: 0, of: 0 };
    let mut done = 0;
    for bet in &topic.bets {
        score.of += bet.points;
        done += usize::from(progress.settled(&bet.name));
        if progress.has(&bet.name, What::Won) {
            score.points += bet.points;
        }
    }
    for exercise in &topic.exercises {
        score.of += exercise.sum();
        done += usize::from(progress.passed(&exercise.name));
        score.points += points_of(progress, exercise);
    }
    let longest = map.topics.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let Score { points, of } = score;
    if width() >= longest + 41 {
        writeln!(
            out,
            "{name:<longest$}  {}  {done:>2} of {count:>2}  {points:>3} of \
             {of:>3} points",
            bar(done, count, 10)
        )?;
    } else {
        writeln!(out, "{name}\n  {done} of {count}\n  {points}/{of} points")?;
    }
    Ok(score)
}

fn points_of(progress: &Progress, exercise: &Exercise) -> u32 {
    if progress.passed(&exercise.name) {
        exercise.sum()
    } else {
        // An update of the course may have made it worth less.
        progress.points(&exercise.name).min(exercise.sum())
    }
}

/// A line for each bet and exercise of a topic.
fn items(
    out: &mut impl Write,
    progress: &Progress,
    Place { topic, .. }: &Place,
) -> Result<()> {
    let bets = topic.bets.iter().map(|bet| bet.name.len());
    let exercises = topic.exercises.iter().map(|e| e.name.len());
    let longest = bets.chain(exercises).max().unwrap_or(0);
    let mut line = |done: bool, name: &str, kind: &str, state: String| {
        // Words and not only colours tell what is done.
        let mark = if done {
            "done".green()
        } else {
            "    ".normal()
        };
        if width() >= longest + 36 {
            writeln!(out, "  {mark}  {kind:<5}  {name:<longest$}  {state}")
        } else {
            writeln!(out, "  {mark} {name}\n    {kind} {state}")
        }
    };
    for bet in &topic.bets {
        let settled = progress.settled(&bet.name);
        let won = progress.has(&bet.name, What::Won);
        let points = if won { bet.points } else { 0 };
        let state = format!("{points} of {}", bet.points);
        line(settled, &bet.name, "bet", state)?;
    }
    for exercise in &topic.exercises {
        let name = &exercise.name;
        let points = points_of(progress, exercise);
        let of = exercise.sum();
        let minutes = match exercise.minutes[..] {
            [least, most] => format!(", {least} to {most} min"),
            _ => String::new(),
        };
        let state = if progress.passed(name) {
            format!("{of} of {of}")
        } else {
            format!("{points} of {of}{minutes}")
        };
        let kind = exercise.kind.to_string();
        line(progress.passed(name), name, &kind, state)?;
    }
    Ok(())
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
