//! Every lesson and every topic has its parts, in their order.

use checks::{Curriculum, Page, none, pages, topics};

/// The longest lesson, in words; more is two lessons.
const LONGEST: usize = 1200;

/// The longest a lesson may take, in minutes.
const MINUTES: u32 = 15;

/// The longest story that opens a topic, in words.
const OPENER: usize = 120;

const LESSON: [&str; 8] = [
    "The code",
    "Predict",
    "Run",
    "Why",
    "In Rust",
    "Investigate",
    "Modify",
    "Make",
];

const REVIEW: [&str; 5] = [
    "When it fails",
    "The manual and your kernel",
    "Check yourself",
    "Exercises",
    "Further reading",
];

fn lessons() -> Vec<Page> {
    let curriculum = Curriculum::read();
    pages()
        .into_iter()
        .filter(|page| {
            let lesson = curriculum.lesson(&page.name);
            lesson.is_some_and(|lesson| lesson.program.is_some())
        })
        .collect()
}

fn sections(page: &Page) -> Vec<String> {
    let headings = page.headings().into_iter();
    headings
        .filter(|(level, _)| *level == 2)
        .map(|(_, text)| text)
        .collect()
}

#[test]
fn every_lesson_has_its_parts_in_order() {
    let mut problems = Vec::new();
    for page in lessons() {
        let found = sections(&page);
        if found != LESSON {
            problems.push(format!("{}: {found:?}", page.name));
        }
    }
    none(
        &format!("lessons whose parts are not {LESSON:?}"),
        &problems,
    );
}

#[test]
fn every_lesson_says_its_program_minutes_and_ideas_as_the_curriculum_does() {
    let curriculum = Curriculum::read();
    let mut problems = Vec::new();
    for page in lessons() {
        let Some(lesson) = curriculum.lesson(&page.name) else {
            continue;
        };
        let program = lesson.program.as_deref().unwrap_or_default();
        let head = format!(
            "Program `{program}` · {} minutes · New: {}",
            lesson.minutes,
            lesson.ideas.join(", ")
        );
        if page.text.lines().nth(2) != Some(&head) {
            problems.push(format!("{}: line 3 should be: {head}", page.name));
        }
        if lesson.ideas.len() > 3 || lesson.ideas.is_empty() {
            problems.push(format!("{}: one to three new ideas", page.name));
        }
        if lesson.minutes > MINUTES {
            problems.push(format!("{}: over {MINUTES} minutes", page.name));
        }
    }
    none("heads of lessons", &problems);
}

#[test]
fn no_lesson_is_longer_than_one_sitting() {
    let mut problems = Vec::new();
    for page in lessons() {
        let words = page.words();
        if words > LONGEST {
            problems.push(format!("{}: {words} words", page.name));
        }
    }
    none(&format!("lessons of over {LONGEST} words"), &problems);
}

#[test]
fn nothing_above_the_prediction_gives_the_output_away() {
    let mut problems = Vec::new();
    for page in lessons() {
        let run = page.text.find("## Run").unwrap_or(0);
        let above = Page {
            name: page.name.clone(),
            text: page.text[..run].into(),
        };
        for include in above.includes() {
            if include.file.contains("/recorded/") {
                problems.push(format!("{}:{}", page.name, include.line));
            }
        }
        let section = page.section("Run").unwrap_or_default();
        if !section.contains("/recorded/") {
            problems.push(format!("{}: Run shows no recording", page.name));
        }
    }
    none("recordings above their prediction", &problems);
}

#[test]
fn every_lesson_has_two_investigations() {
    let mut problems = Vec::new();
    for page in lessons() {
        let section = page.section("Investigate").unwrap_or_default();
        let items = section
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .count();
        if items != 2 {
            problems.push(format!("{}: {items}", page.name));
        }
    }
    none("lessons without two investigations", &problems);
}

#[test]
fn every_topic_opens_with_a_short_story_that_names_its_source() {
    let mut problems = Vec::new();
    for topic in topics() {
        let page = Page::read(&format!("{topic}/index.md"));
        let opener: Vec<&str> = page
            .text
            .lines()
            .skip(1)
            .take_while(|line| !line.starts_with("## "))
            .collect();
        let opener = opener.join("\n");
        let words = opener.split_whitespace().count();
        if words > OPENER {
            problems.push(format!("{topic}: {words} words"));
        }
        if !opener.contains("](") && !opener.contains("anual") {
            problems.push(format!("{topic}: no source"));
        }
        if !page.text.contains("\n## In this topic\n")
            || !page.text.contains("\nManual: ")
        {
            problems.push(format!("{topic}: no table or no manual's section"));
        }
    }
    none("openers", &problems);
}

#[test]
fn every_topic_lists_its_lessons_with_their_programs_and_minutes() {
    let curriculum = Curriculum::read();
    let mut problems = Vec::new();
    for lesson in &curriculum.lessons {
        let Some((topic, file)) = lesson.page.split_once('/') else {
            continue;
        };
        let Some(program) = &lesson.program else {
            continue;
        };
        let index = Page::read(&format!("{topic}/index.md"));
        let row = format!("]({file}) | `{program}` | {} |", lesson.minutes);
        if !index.text.contains(&row) {
            problems.push(format!("{topic}/index.md lacks …{row}"));
        }
    }
    none("tables of lessons", &problems);
}

#[test]
fn every_review_has_its_parts_and_three_questions_one_reaching_back() {
    let mut problems = Vec::new();
    for (at, topic) in topics().iter().enumerate() {
        let page = Page::read(&format!("{topic}/review.md"));
        let found = sections(&page);
        if found != REVIEW {
            problems.push(format!("{}: {found:?}", page.name));
        }
        let questions = page.section("Check yourself").unwrap_or_default();
        let answers = questions.matches("<summary>Answer</summary>").count();
        if answers != 3 {
            problems.push(format!("{}: {answers} answers", page.name));
        }
        let earlier = topics()[..at]
            .iter()
            .any(|topic| questions.contains(&format!("../{topic}/")));
        if at > 0 && !earlier {
            problems.push(format!("{}: no question reaches back", page.name));
        }
        if at == 0 && !questions.contains(".md") {
            problems.push(format!("{}: no question reaches back", page.name));
        }
    }
    none("reviews", &problems);
}

#[test]
fn every_lesson_leads_to_the_exercises_of_its_topic() {
    let mut problems = Vec::new();
    for page in lessons() {
        let make = page.section("Make").unwrap_or_default();
        if !make.contains("](review.md") {
            problems.push(page.name.clone());
        }
    }
    none("lessons that lead to no exercise", &problems);
}
