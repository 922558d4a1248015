//! The solutions of the exercises, and the wrong programs. A hand-out for a
//! class has none of them, nor these tests.

use std::collections::BTreeSet;

use checks::{none, read, root, topics};
use course::{Exercise, Topic};

/// Every exercise, with its topic.
fn exercises() -> Vec<(String, Exercise)> {
    let mut all = Vec::new();
    for topic in topics() {
        let file = format!("exercises/{topic}/exercises.toml");
        let table = Topic::parse(&read(&file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        let own = table.exercises.into_iter();
        all.extend(own.map(|exercise| (topic.clone(), exercise)));
    }
    all
}

#[test]
fn every_exercise_has_a_solution_and_a_corpus() {
    let mut problems = Vec::new();
    for (topic, Exercise { name, .. }) in exercises() {
        for file in [
            format!("solutions/{topic}/src/bin/{name}.rs"),
            format!("solutions/{topic}/corpus/{name}.rs"),
        ] {
            if !root().join(&file).is_file() {
                problems.push(format!("{file} is missing"));
            }
        }
    }
    none("solutions of exercises", &problems);
}

#[test]
fn a_wrong_program_acts_on_every_belief_that_a_program_can_act_on() {
    let mut problems = Vec::new();
    let mut met = BTreeSet::new();
    for m in checks::misconceptions() {
        let id = &m.id;
        match (&m.wrong, &m.no_wrong) {
            (Some(wrong), None) => {
                met.insert(wrong.clone());
                let believes = format!("//! Believes: {id}\n");
                if !wrong_program(wrong).is_some_and(|p| p.contains(&believes))
                {
                    problems.push(format!("{id}: {wrong} does not say so"));
                }
            }
            (None, Some(_)) => {}
            _ => problems.push(format!("{id}: `wrong`, or why there is none")),
        }
    }
    none("misconceptions", &problems);
}

#[test]
fn every_belief_of_a_wrong_program_is_in_the_table() {
    let known: BTreeSet<String> =
        checks::misconceptions().into_iter().map(|m| m.id).collect();
    let mut problems = Vec::new();
    for (topic, exercise) in exercises() {
        let folder = format!("solutions/{topic}/wrong/{}", exercise.name);
        if !root().join(&folder).is_dir() {
            continue;
        }
        for file in checks::entries(&folder) {
            let text = read(format!("{folder}/{file}"));
            let belief =
                text.lines().find_map(|l| l.strip_prefix("//! Believes: "));
            if belief.is_some_and(|belief| !known.contains(belief.trim())) {
                problems.push(format!("{folder}/{file}: {belief:?}"));
            }
        }
    }
    none("unknown beliefs", &problems);
}

/// The text of a wrong program, by `EXERCISE/NAME`.
fn wrong_program(wrong: &str) -> Option<String> {
    let (exercise, name) = wrong.split_once('/')?;
    let (topic, _) =
        exercises().into_iter().find(|(_, e)| e.name == exercise)?;
    let file = format!("solutions/{topic}/wrong/{exercise}/{name}.rs");
    root().join(&file).is_file().then(|| read(file))
}
