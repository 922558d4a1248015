//! The exercises of a topic, their tasks, and the pages that show them.

use std::collections::BTreeSet;

use checks::{Page, none, read, root, topics};
use course::{Exercise, Kind, Topic};

fn tables() -> Vec<(String, Topic)> {
    topics()
        .into_iter()
        .map(|topic| {
            let file = format!("exercises/{topic}/exercises.toml");
            let table = Topic::parse(&read(&file))
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            (topic, table)
        })
        .collect()
}

fn exercises() -> Vec<(String, Exercise)> {
    let all = tables().into_iter().flat_map(|(topic, table)| {
        let own = table.exercises.into_iter();
        own.map(move |exercise| (topic.clone(), exercise))
    });
    all.collect()
}

/// What stands between the anchors of an exercise in its topic's README.
fn task(topic: &str, anchor: &str) -> Option<String> {
    let text = read(format!("exercises/{topic}/README.md"));
    let (_, rest) = text.split_once(&format!("<!-- ANCHOR: {anchor} -->\n"))?;
    let (task, _) =
        rest.split_once(&format!("<!-- ANCHOR_END: {anchor} -->"))?;
    Some(task.to_owned())
}

#[test]
fn every_topic_has_a_bet_a_mend_and_a_make() {
    let mut problems = Vec::new();
    for (topic, table) in tables() {
        for kind in [Kind::Mend, Kind::Make] {
            if !table.exercises.iter().any(|e| e.kind == kind) {
                problems.push(format!("{topic}: no {kind}"));
            }
        }
        if table.bets.len() < 2 {
            problems.push(format!("{topic}: {} bets", table.bets.len()));
        }
    }
    let breaks = exercises();
    let breaks = breaks.iter().filter(|(_, e)| e.kind == Kind::Break);
    if breaks.count() < 2 {
        problems.push("fewer than two breaks".to_owned());
    }
    none("kinds of exercises", &problems);
}

#[test]
fn every_exercise_has_its_files() {
    let mut problems = Vec::new();
    for (topic, exercise) in exercises() {
        let name = &exercise.name;
        for file in [
            format!("exercises/{topic}/src/bin/{name}.rs"),
            format!("exercises/{topic}/stubs/{name}.rs"),
            format!("exercises/{topic}/tests/{name}.rs"),
        ] {
            if !root().join(&file).is_file() {
                problems.push(format!("{file} is missing"));
            }
        }
        let stub = format!("exercises/{topic}/stubs/{name}.rs");
        let stub = read(&stub);
        let first = format!("//! {name}: ");
        for part in [
            &*first,
            &*format!("//! Task: exercises/{topic}/README.md"),
            &*format!("//! Check: cargo lab check {name}"),
        ] {
            if !stub.contains(part) {
                problems.push(format!("stub of {name}: no {part:?}"));
            }
        }
        if exercise.kind != Kind::Mend
            && !(stub.contains("// TODO") && stub.contains("todo!("))
        {
            problems.push(format!("stub of {name}: no place to work"));
        }
    }
    none("files of exercises", &problems);
}

#[test]
fn every_task_says_its_points_and_minutes_and_where_to_work() {
    let mut problems = Vec::new();
    for (topic, exercise) in exercises() {
        let Exercise {
            name,
            kind,
            minutes,
            ..
        } = &exercise;
        let Some(task) = task(&topic, name) else {
            problems
                .push(format!("{name}: not in exercises/{topic}/README.md"));
            continue;
        };
        let [from, to] = minutes;
        for part in [
            format!(
                "**{name}** ({kind}, {} points, {from} to {to} minutes, an \
                 estimate).",
                exercise.sum()
            ),
            format!(
                "Work in `exercises/{topic}/src/bin/{name}.rs`; grade it with \
                 `cargo lab check {name}`."
            ),
        ] {
            if !task.contains(&part) {
                problems.push(format!("{name}: the task lacks {part:?}"));
            }
        }
    }
    none("tasks", &problems);
}

#[test]
fn every_exercise_has_a_lesson_three_hints_and_a_fair_time() {
    let mut problems = Vec::new();
    for (
        topic,
        Exercise {
            name,
            minutes,
            page,
            hints,
            kind,
            ..
        },
    ) in exercises()
    {
        if !root().join("book/src").join(&page).is_file() {
            problems.push(format!("{name}: no page {page:?}"));
        }
        if hints.len() != 3 || !hints[0].ends_with('?') {
            problems.push(format!("{name}: a question and two more hints"));
        }
        // What takes longer is done in stages, each with its checks.
        let staged = task(&topic, &name).unwrap_or_default().contains("tage");
        let most = match kind {
            Kind::Mend => 15,
            Kind::Break => 30,
            Kind::Make if staged => 70,
            Kind::Make => 50,
        };
        if minutes[0] < 5 || minutes[0] >= minutes[1] || minutes[1] > most {
            problems.push(format!("{name}: {minutes:?} minutes"));
        }
    }
    none("exercises", &problems);
}

#[test]
fn every_bet_can_be_won_and_lost() {
    let mut seen = BTreeSet::new();
    let known: BTreeSet<String> =
        checks::misconceptions().into_iter().map(|m| m.id).collect();
    let mut problems = Vec::new();
    for (topic, table) in tables() {
        for bet in table.bets {
            let name = &bet.name;
            if !seen.insert(name.clone()) {
                problems.push(format!("{name} stands twice"));
            }
            if bet.choices.len() < 3 {
                problems.push(format!("{name}: fewer than three answers"));
            }
            if !root().join("book/src").join(&bet.page).is_file() {
                problems.push(format!("{name}: no page {:?}", bet.page));
            }
            // Of this topic, or of one that came before.
            let taught = topics().into_iter().any(|chapter| {
                let file =
                    format!("chapters/{chapter}/src/bin/{}.rs", bet.program);
                chapter <= topic && root().join(file).is_file()
            });
            if !taught {
                problems.push(format!("{name}: no program {}", bet.program));
            }
            if bet.misconception.is_some_and(|id| !known.contains(&id)) {
                problems.push(format!("{name}: an unknown misconception"));
            }
        }
    }
    none("bets", &problems);
}

#[test]
fn a_review_shows_the_exercises_of_its_topic_in_order() {
    let mut problems = Vec::new();
    for (topic, table) in tables() {
        let review = Page::read(&format!("{topic}/review.md"));
        let section = review.section("Exercises").unwrap_or_default();
        let shown: Vec<&str> = section
            .lines()
            .filter(|line| line.starts_with("{{#include"))
            .collect();
        let file = format!("../../../exercises/{topic}/README.md");
        let mut expected = vec![format!("{{{{#include {file}:table}}}}")];
        expected.extend(
            table
                .exercises
                .iter()
                .map(|e| format!("{{{{#include {file}:{}}}}}", e.name)),
        );
        if shown != expected {
            problems.push(format!("{}: {expected:#?}", review.name));
        }
    }
    none("reviews that show other exercises", &problems);
}

#[test]
fn the_table_of_a_topic_is_that_of_its_exercises() {
    let mut problems = Vec::new();
    for (topic, table) in tables() {
        let mut expected = String::from(
            "| exercise | kind | points | minutes |\n|---|---|---|---|\n",
        );
        let row = |name: &str, kind: &str, points: u32, minutes: [u32; 2]| {
            let [from, to] = minutes;
            format!("| {name} | {kind} | {points} | {from} to {to} |\n")
        };
        for bet in &table.bets {
            expected += &row(&bet.name, "bet", bet.points, bet.minutes);
        }
        for e in &table.exercises {
            let kind = e.kind.to_string();
            expected += &row(&e.name, &kind, e.sum(), e.minutes);
        }
        if task(&topic, "table").as_ref() != Some(&expected) {
            problems.push(format!(
                "exercises/{topic}/README.md: between the anchors of `table` \
                 should stand\n{expected}"
            ));
        }
    }
    none("tables of exercises", &problems);
}
