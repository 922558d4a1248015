//! Nothing is used before it is taught, and nothing is taught twice.

use std::collections::{BTreeMap, BTreeSet};

use checks::{Curriculum, exercises, none, programs, summary};

#[test]
fn the_lessons_stand_in_the_order_of_the_book() {
    let summary = summary();
    let mut last = 0;
    for lesson in Curriculum::read().lessons {
        let at = summary.iter().position(|page| *page == lesson.page);
        let at = at.unwrap_or_else(|| {
            panic!("curriculum.toml: {} is not in SUMMARY.md", lesson.page)
        });
        assert!(
            at >= last,
            "curriculum.toml: {} comes too late",
            lesson.page
        );
        last = at;
    }
}

#[test]
fn every_program_has_one_lesson() {
    let curriculum = Curriculum::read();
    let mut problems = Vec::new();
    for program in programs() {
        let page = format!("{}/{}.md", program.topic, program.name);
        match curriculum.lesson(&page) {
            Some(lesson)
                if lesson.program.as_deref() == Some(&*program.name) => {}
            _ => problems.push(format!("{page}: no lesson for its program")),
        }
    }
    none("programs that the curriculum leaves out", &problems);
}

#[test]
fn nothing_is_introduced_twice() {
    let mut by = BTreeMap::new();
    let mut problems = Vec::new();
    for lesson in Curriculum::read().lessons {
        for name in lesson.introduces().chain(&lesson.ideas) {
            if let Some(first) = by.insert(name.clone(), lesson.page.clone())
                && first != lesson.page
            {
                problems.push(format!("{name}: {first} and {}", lesson.page));
            }
        }
    }
    none("introduced on two pages", &problems);
}

#[test]
fn what_a_page_introduces_stands_on_it() {
    let mut problems = Vec::new();
    for lesson in Curriculum::read().lessons {
        let page = checks::Page::read(&lesson.page);
        let mut text = page.text.clone();
        for include in page.includes() {
            text += &checks::read(&include.file);
        }
        for name in lesson.introduces() {
            if !text.contains(name.as_str()) {
                problems.push(format!("{}: {name}", lesson.page));
            }
        }
    }
    none("introduced by name only", &problems);
}

#[test]
fn no_exercise_asks_for_anything_before_it_is_taught() {
    let curriculum = Curriculum::read();
    let alias = |name: &str| curriculum.aliases.get(name).cloned();
    let mut problems = Vec::new();
    for program in exercises() {
        // An exercise comes after all lessons of its topic, and may use what
        // their programs used ahead.
        let known: BTreeSet<&String> = curriculum
            .lessons
            .iter()
            .filter(|lesson| lesson.page[..2] <= program.topic[..2])
            .flat_map(|lesson| lesson.introduces().chain(&lesson.ahead))
            .collect();
        for name in program.uses(&alias) {
            if !known.contains(&name) {
                problems.push(format!("{}: {name}", program.path));
            }
        }
    }
    none("asked for before it is taught", &problems);
}

#[test]
fn no_program_uses_anything_before_it_is_taught() {
    let curriculum = Curriculum::read();
    let order: BTreeMap<&str, usize> = curriculum
        .lessons
        .iter()
        .enumerate()
        .map(|(at, lesson)| (lesson.page.as_str(), at))
        .collect();
    let mut taught: BTreeMap<&str, usize> = BTreeMap::new();
    for lesson in &curriculum.lessons {
        for name in lesson.introduces() {
            taught.insert(name, order[lesson.page.as_str()]);
        }
    }
    let alias = |name: &str| curriculum.aliases.get(name).cloned();
    let mut problems = Vec::new();
    for program in programs() {
        let page = format!("{}/{}.md", program.topic, program.name);
        let (Some(&here), Some(lesson)) =
            (order.get(page.as_str()), curriculum.lesson(&page))
        else {
            continue;
        };
        let mut ahead = BTreeSet::new();
        for name in program.uses(&alias) {
            match taught.get(name.as_str()) {
                Some(&at) if at <= here => {}
                Some(&at) => {
                    ahead.insert(name.clone());
                    if !lesson.ahead.contains(&name) {
                        problems.push(format!(
                            "{}: {name}, which {} introduces",
                            program.path, curriculum.lessons[at].page
                        ));
                    }
                }
                None => problems.push(format!(
                    "{}: {name}, which no page introduces",
                    program.path
                )),
            }
        }
        for name in &lesson.ahead {
            if !ahead.contains(name) {
                problems.push(format!(
                    "curriculum.toml: {page} need not list {name} as ahead"
                ));
            }
        }
    }
    none("used before it is taught", &problems);
}
