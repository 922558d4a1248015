//! The instructor's part: its minutes add up, what it names exists, and its
//! figures are those of the course.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use checks::{Curriculum, Page, entries, none, pages, programs, read, topics};
use course::{Exercise, Topic};
use regex::Regex;

/// Its plans, and the minutes that each may take.
const PLANS: [(&str, u32); 4] = [
    ("lab-50.md", 50),
    ("lab-80.md", 80),
    ("lab-110.md", 110),
    ("neighbours.md", 60),
];

fn page(name: &str) -> Page {
    Page::read(&format!("instructor/{name}"))
}

fn part() -> Vec<Page> {
    let all = pages().into_iter();
    all.filter(|page| page.name.starts_with("instructor/"))
        .collect()
}

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

fn exercises() -> BTreeMap<String, Exercise> {
    let all = tables().into_iter().flat_map(|(_, table)| table.exercises);
    all.map(|exercise| (exercise.name.clone(), exercise))
        .collect()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("written in this file")
}

fn number(text: &str) -> u32 {
    text.parse().expect("a pattern that takes digits alone")
}

/// The first cells of the rows of a table, where they are minutes.
fn minutes(text: &str) -> u32 {
    static ROW: LazyLock<Regex> = LazyLock::new(|| regex(r"(?m)^\| (\d+) \|"));
    ROW.captures_iter(text).map(|row| number(&row[1])).sum()
}

/// Pieces of a page, each from a heading of this mark to the next one.
fn sections(page: &Page, mark: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in page.text.lines() {
        if let Some(heading) = line.strip_prefix(mark) {
            sections.push((heading.to_owned(), String::new()));
        } else if line.starts_with("## ") {
            // A higher heading ends the piece before it.
            sections.push((String::new(), String::new()));
        } else if let Some((_, text)) = sections.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections.retain(|(heading, _)| !heading.is_empty());
    sections
}

#[test]
fn the_minutes_of_each_plan_add_up_to_its_length() {
    let mut problems = Vec::new();
    for (name, length) in PLANS {
        let page = page(name);
        let plan = page.section("Minute by minute").unwrap_or_default();
        let sum = minutes(&plan);
        if sum != length {
            problems.push(format!("{name}: {sum} minutes of {length}"));
        }
        if !page.text.contains(&format!("{length} minutes")) {
            problems.push(format!("{name} does not say its {length} minutes"));
        }
    }
    none("plans", &problems);
}

#[test]
fn the_minutes_of_each_of_the_two_days_are_summed_up() {
    let mut page = page("index.md");
    page.text = page.section("Two days").unwrap_or_default();
    let mut days = 0;
    for (day, text) in sections(&page, "### ") {
        let sum = minutes(&text);
        assert!(
            text.contains(&format!("\n{sum} minutes, without breaks.")),
            "{day}: its steps take {sum} minutes"
        );
        days += 1;
    }
    assert_eq!(days, 2);
}

#[test]
fn every_lab_plan_has_its_parts_in_order() {
    const PARTS: [&str; 7] = [
        "What they can do afterwards",
        "Minute by minute",
        "What to show",
        "Questions to ask, and what students answer",
        "Common mistakes, in the grader's words",
        "Rubric",
        "Ahead, and behind",
    ];
    for (name, _) in &PLANS[..3] {
        let headings: Vec<String> = page(name)
            .headings()
            .into_iter()
            .filter(|(level, _)| *level == 2)
            .map(|(_, text)| text)
            .collect();
        assert_eq!(headings, PARTS, "{name}");
    }
}

#[test]
fn every_exercise_has_three_questions_about_its_trace() {
    let page = page("questions.md");
    let expected: Vec<String> = tables()
        .into_iter()
        .flat_map(|(_, table)| table.exercises)
        .map(|exercise| exercise.name)
        .collect();
    let sections = sections(&page, "### ");
    let mut found: Vec<String> =
        sections.iter().map(|(name, _)| name.clone()).collect();
    let mut problems = Vec::new();
    for (name, text) in &sections {
        let questions = text
            .lines()
            .filter(|l| l.starts_with(|c: char| c.is_ascii_digit()))
            .count();
        let answers = text.matches("<summary>Answer</summary>").count();
        if (questions, answers) != (3, 3) {
            problems.push(format!(
                "{name}: {questions} questions, {answers} answers"
            ));
        }
        let asks = text.split("<details>").next().unwrap_or_default();
        let command = format!("cargo lab trace {name} --check ");
        if text.matches(&command).count() != 1 || !asks.contains('?') {
            problems.push(format!("{name}: no line {command}…"));
        }
    }
    none("questions", &problems);
    // By topic; within one, `exercises.toml` and the page may differ.
    found.sort();
    let mut expected = expected;
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn twelve_questions_each_show_a_belief_of_the_table() {
    let page = page("concepts.md");
    let known: BTreeMap<String, String> = checks::misconceptions()
        .into_iter()
        .map(|m| (m.id, m.truth))
        .collect();
    let mark = regex(r"<!-- concept: ([a-z0-9-]+) -->");
    let choice = regex(r"(?m)^- \*\*([a-d])\.\*\* \S");
    let right = regex(r"(?m)^\*\*([a-d])\.\*\* (.*)$");
    let wrong = regex(r"(?m)^- ([a-d]) shows the belief that .*\.$");
    let lesson = regex(r"\[The lesson\]\(\.\./\S+\) shows it\.");
    let mut seen = BTreeSet::new();
    let mut problems = Vec::new();
    for (heading, text) in sections(&page, "## ") {
        let marks: Vec<_> = mark.captures_iter(&text).collect();
        let [only] = &marks[..] else {
            problems.push(format!("{heading}: {} beliefs", marks.len()));
            continue;
        };
        let id = only[1].to_owned();
        let Some(truth) = known.get(&id) else {
            problems.push(format!("{heading}: no belief {id}"));
            continue;
        };
        if !seen.insert(id.clone()) {
            problems.push(format!("{heading}: {id} again"));
        }
        let letters = |regex: &Regex| -> Vec<String> {
            let found = regex.captures_iter(&text);
            found.map(|letter| letter[1].to_owned()).collect()
        };
        if letters(&choice) != ["a", "b", "c", "d"] {
            problems.push(format!("{heading}: choices {:?}", letters(&choice)));
        }
        let (right_ones, mut all) = (letters(&right), letters(&wrong));
        all.extend(right_ones.clone());
        all.sort();
        if right_ones.len() != 1 || all != ["a", "b", "c", "d"] {
            problems.push(format!("{heading}: answers {all:?}"));
        }
        let told = right.captures(&text).map(|found| found[2].to_owned());
        if told.as_ref() != Some(truth) {
            problems.push(format!("{heading}: the table says {truth:?}"));
        }
        if lesson.find_iter(&text).count() != 1 {
            problems.push(format!("{heading}: no lesson"));
        }
    }
    none("questions before and after", &problems);
    assert_eq!(seen.len(), 12);
}

#[test]
fn every_exercise_check_bet_and_program_that_the_part_names_exists() {
    let exercises = exercises();
    let bets: BTreeSet<String> = tables()
        .into_iter()
        .flat_map(|(_, table)| table.bets)
        .map(|bet| bet.name)
        .collect();
    let command = regex(
        r"cargo lab (check|watch|trace|hint|solution|reset) ([a-z][a-z-]*)",
    );
    let check = regex(r"cargo lab (?:check|trace) (\S+) --check ([a-z0-9_]+)");
    let bet = regex(r"cargo lab bet ([a-z-]+)");
    let program = regex(r"--bin ([a-z][a-z-]*)|target/debug/([a-z-]+)");
    let programs: BTreeSet<String> =
        programs().into_iter().map(|program| program.name).collect();
    let mut problems = Vec::new();
    for page in part() {
        for found in program.captures_iter(&page.text) {
            let name = found.iter().skip(1).flatten().next();
            let name = name.map_or("", |name| name.as_str());
            if !programs.contains(name) {
                problems.push(format!("{}: no program {name}", page.name));
            }
        }
        for found in command.captures_iter(&page.text) {
            if !exercises.contains_key(&found[2]) {
                problems
                    .push(format!("{}: no exercise {}", page.name, &found[2]));
            }
        }
        for found in check.captures_iter(&page.text) {
            let exercise = exercises.get(&found[1]);
            if !exercise.is_some_and(|e| e.points.contains_key(&found[2])) {
                problems.push(format!("{}: no check {}", page.name, &found[2]));
            }
        }
        for found in bet.captures_iter(&page.text) {
            if !bets.contains(&found[1]) {
                problems.push(format!("{}: no bet {}", page.name, &found[1]));
            }
        }
    }
    none("what the instructor's part names", &problems);
}

#[test]
fn points_and_minutes_are_those_of_the_manifests() {
    let exercises = exercises();
    let whole = regex(r"`([a-z-]+)` \((\d+) points, (\d+) to (\d+) min\)");
    let rubric = regex(r"`([a-z-]+)`, (\d+) points");
    let mut problems = Vec::new();
    let mut found = 0;
    for page in part() {
        for figure in whole.captures_iter(&page.text) {
            found += 1;
            let own = exercises.get(&figure[1]);
            let own = own.map(|e| (e.sum(), e.minutes));
            let said =
                (number(&figure[2]), [number(&figure[3]), number(&figure[4])]);
            if own != Some(said) {
                problems.push(format!("{}: {}", page.name, &figure[0]));
            }
        }
        for figure in rubric.captures_iter(&page.text) {
            let own = exercises.get(&figure[1]).map(Exercise::sum);
            if own != Some(number(&figure[2])) {
                problems.push(format!("{}: {}", page.name, &figure[0]));
            }
        }
    }
    none("points and minutes", &problems);
    assert!(found > exercises.len(), "{found} figures found");
}

#[test]
fn the_map_of_twelve_weeks_has_every_exercise_and_every_lesson_once() {
    let page = page("index.md");
    let weeks = page.section("Twelve weeks").unwrap_or_default();
    let row = regex(r"(?m)^\| (\d+) \| (.*?) \((\d+) min\) \|");
    let link = regex(r"\]\(\.\./([0-9][^)]*\.md)\)");
    let name = regex(r"`([a-z-]+)` \(\d+ points");
    let curriculum = Curriculum::read();
    let mut lessons = BTreeSet::new();
    let mut number_of_weeks = 0;
    for found in row.captures_iter(&weeks) {
        number_of_weeks += 1;
        let mut sum = 0;
        for lesson in link.captures_iter(&found[2]) {
            let known = curriculum.lesson(&lesson[1]);
            sum += known.map_or(0, |lesson| lesson.minutes);
            assert!(lessons.insert(lesson[1].to_owned()), "{}", &lesson[1]);
        }
        assert_eq!(sum, number(&found[3]), "lessons of week {}", &found[1]);
    }
    assert_eq!(number_of_weeks, 12);
    let all: BTreeSet<String> = curriculum
        .lessons
        .iter()
        .filter(|lesson| lesson.program.is_some())
        .map(|lesson| lesson.page.clone())
        .collect();
    assert_eq!(lessons, all);
    let mut named: Vec<String> = name
        .captures_iter(&weeks)
        .map(|n| n[1].to_owned())
        .collect();
    named.sort();
    let exercises: Vec<String> = exercises().into_keys().collect();
    assert_eq!(named, exercises);
}

#[test]
fn what_the_map_sums_up_is_its_sum() {
    let page = page("index.md");
    let weeks = page.section("Twelve weeks").unwrap_or_default();
    let exercises = exercises();
    let name = regex(r"`([a-z-]+)` \(\d+ points");
    // The third column: what everybody does.
    let everybody: Vec<&Exercise> = weeks
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").nth(2))
        .flat_map(|cell| name.captures_iter(cell).collect::<Vec<_>>())
        .filter_map(|found| exercises.get(&found[1]))
        .collect();
    let points: u32 = everybody.iter().map(|exercise| exercise.sum()).sum();
    let all: u32 = exercises.values().map(Exercise::sum).sum();
    let hours = |some: &[&Exercise]| {
        let [from, to] =
            [0, 1].map(|end| some.iter().map(|e| e.minutes[end]).sum::<u32>());
        (from / 60, (to + 30) / 60)
    };
    let (from, to) = hours(&everybody);
    let every: Vec<&Exercise> = exercises.values().collect();
    let (least, most) = hours(&every);
    let sentence = format!(
        "is {points} of {all} points and {from} to {to} hours; all \
         {} exercises are {least} to {most} hours.",
        every.len()
    );
    assert!(weeks.contains(&sentence), "it should say: {sentence}");
}

#[test]
fn every_mistake_that_is_recorded_is_shown() {
    let shown: BTreeSet<(String, String)> = part()
        .iter()
        .flat_map(Page::includes)
        .filter_map(|include| Some((include.file, include.anchor?)))
        .collect();
    let mut problems = Vec::new();
    for name in entries("solutions/proof/recorded") {
        let file = format!("solutions/proof/recorded/{name}");
        for line in read(&file).lines() {
            let Some(anchor) = line.strip_prefix("ANCHOR: ") else {
                continue;
            };
            if !shown.contains(&(file.clone(), anchor.to_owned())) {
                problems.push(format!("{file}: {anchor}"));
            }
        }
    }
    none("recorded mistakes that no page shows", &problems);
}

#[test]
fn every_lab_has_a_sheet_that_names_its_minutes_and_points() {
    let text = page("handouts.md").text;
    let sheets = text.matches("<div class=\"handout\">").count();
    assert_eq!(sheets, 5, "one for the day before, one for each lab");
    let exercises = exercises();
    let whole = regex(r"`([a-z-]+)` \(\d+ points, \d+ to \d+ min\)");
    for (name, length) in PLANS {
        let page = page(name);
        let head = page.text.split("\n## ").next().unwrap_or_default();
        let points: u32 = whole
            .captures_iter(head)
            .filter_map(|found| exercises.get(&found[1]))
            .map(Exercise::sum)
            .sum();
        let line = match points {
            0 => format!("· {length} minutes\n"),
            _ => format!("· {length} minutes · {points} points\n"),
        };
        assert!(text.contains(&line), "{name}: no sheet says {line:?}");
    }
}

/// What a page names and a tool does not take would be found in class.
#[test]
fn every_option_that_the_part_names_is_one_of_the_tools() {
    let tools = ["grade", "handout", "lab"]
        .map(|tool| read(format!("exercises/{tool}/src/cli.rs")))
        .concat();
    let option = regex(r"cargo lab (?:grade|handout|check)[^`\n]*|`--[^`]*`");
    let name = regex(r"--([a-z][a-z-]*)");
    let mut options = BTreeSet::new();
    for page in part() {
        for found in option.find_iter(&page.text) {
            let names = name.captures_iter(found.as_str());
            options.extend(names.map(|name| name[1].to_owned()));
        }
    }
    // Every tool takes it, without a word in the source.
    options.remove("help");
    let unknown: Vec<String> = options
        .iter()
        .filter(|name| !tools.contains(&format!("\"{name}\"")))
        .cloned()
        .collect();
    none("options that no tool takes", &unknown);
    assert!(options.len() > 10, "{options:?}");
}

#[test]
fn every_command_of_the_lab_that_the_part_names_exists() {
    let lab = read("exercises/lab/src/cli.rs");
    let command = regex(r"cargo lab ([a-z]+)");
    let mut unknown = BTreeSet::new();
    for page in part() {
        for found in command.captures_iter(&page.text) {
            if !lab.contains(&format!("\"{}\"", &found[1])) {
                unknown.insert(format!("{}: {}", page.name, &found[1]));
            }
        }
    }
    let unknown: Vec<String> = unknown.into_iter().collect();
    none("commands that the lab does not have", &unknown);
}

/// The hand-out for students leaves the part out.
#[test]
fn no_other_page_leads_into_the_instructors_part() {
    let mut problems = Vec::new();
    for page in pages() {
        if page.name.starts_with("instructor/") {
            continue;
        }
        for link in page.links() {
            if link.to.contains("instructor/") {
                problems.push(format!("{}:{}", page.name, link.line));
            }
        }
    }
    none("links into the instructor's part", &problems);
}
