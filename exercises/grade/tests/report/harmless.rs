//! What others wrote is text, and what is not for a student is not there.

use grade::report::{self, Hidden, Visibility};
use grade::{Build, Grade, Source, Status};

use crate::formats::{VIEWS, place};
use crate::records::{HOSTILE, random, sample};

/// Every text that a record becomes.
fn texts(grade: &Grade, view: Visibility) -> Vec<(&'static str, String)> {
    let one = std::slice::from_ref(grade);
    let mut texts = vec![
        ("html", report::html(grade, view)),
        ("summary", report::summary(grade, view)),
        ("junit", report::junit(one, view).unwrap()),
    ];
    if view == Visibility::Instructor {
        texts.push(("csv", report::class_csv(one).unwrap()));
        texts.push(("markdown", report::class_markdown(one)));
    }
    let json = [
        ("gradescope", report::gradescope(grade, view, Some(1.0))),
        ("classroom50", report::classroom50(grade, view, &place())),
    ];
    for (name, json) in json {
        // As a reader of the JSON has its strings.
        let mut strings = String::new();
        if let Some(json) = json {
            gather(&json, &mut strings);
        }
        texts.push((name, strings));
    }
    texts
}

fn gather(json: &serde_json::Value, strings: &mut String) {
    use serde_json::Value;
    match json {
        Value::String(string) => strings.push_str(string),
        Value::Array(all) => all.iter().for_each(|v| gather(v, strings)),
        Value::Object(all) => {
            all.values().for_each(|v| gather(v, strings));
        }
        _ => {}
    }
}

#[test]
fn no_character_that_a_terminal_or_the_order_of_writing_obeys_is_left() {
    random(|grade| {
        for view in VIEWS {
            for (format, text) in texts(grade, view) {
                let harm = text.chars().find(|&c| {
                    let ends_lines = matches!(c, '\n' | '\t')
                        || (format == "csv" && c == '\r');
                    let turns = matches!(c,
                        '\u{200e}' | '\u{200f}' | '\u{61c}'
                        | '\u{202a}'..='\u{202e}'
                        | '\u{2066}'..='\u{2069}'
                        | '\u{fffe}' | '\u{ffff}');
                    (c.is_control() && !ends_lines) || turns
                });
                assert_eq!(harm, None, "{format} {view:?}");
            }
        }
    });
}

/// The elements of a page, and the attributes that its own code does not
/// write.
fn elements(page: &str) -> Vec<String> {
    let ours = page.split("<style>").next().unwrap().to_owned()
        + page.split("</style>").nth(1).unwrap();
    let tags = ours.split('<').skip(1);
    let names = tags.map(|tag| {
        let name = tag.split(|c: char| c.is_whitespace() || c == '>');
        name.clone().next().unwrap().to_ascii_lowercase()
    });
    names.collect()
}

#[test]
fn a_page_has_no_element_but_its_own() {
    const OURS: [&str; 36] = [
        "!doctype", "a", "bdi", "body", "code", "dd", "details", "dl", "dt",
        "em", "footer", "h1", "h2", "h3", "head", "header", "html", "li",
        "link", "main", "meta", "nav", "ol", "p", "pre", "section", "span",
        "strong", "style", "summary", "table", "tbody", "td", "th", "thead",
        "title",
    ];
    random(|grade| {
        for view in VIEWS {
            let page = report::html(grade, view);
            for name in elements(&page) {
                let name = name.trim_start_matches('/');
                let ours = OURS.contains(&name)
                    || matches!(name, "tr" | "tfoot" | "ul");
                assert!(ours, "<{name}>");
            }
            // Each quote of an attribute was written by us: an attribute
            // with a name that a page of ours has not is not there.
            assert!(!page.contains("onmouseover=\""));
            assert_eq!(page.matches("<title>").count(), 1);
        }
    });
}

#[test]
fn a_page_needs_nothing_and_runs_nothing() {
    for view in VIEWS {
        let page = report::html(&sample(), view);
        for loaded in ["<script", "<img", "<iframe", "url(", "@import"] {
            assert!(!page.contains(loaded), "{loaded}");
        }
        let address = |page: &str, attribute: &str| -> Vec<String> {
            let parts = page.split(attribute).skip(1);
            parts
                .map(|p| p.split('"').next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(address(&page, "src=\""), [""; 0]);
        for href in address(&page, "href=\"") {
            let known = href.starts_with('#')
                || href == "data:,"
                || href.starts_with(concat!(
                    env!("CARGO_PKG_REPOSITORY"),
                    "/blob/main/book/src/"
                ));
            assert!(known, "{href}");
        }
        for part in ["<main>", "<header>", "<footer>", "<nav ", "<h1>"] {
            assert_eq!(page.matches(part).count(), 1, "{part}");
        }
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    }
}

#[test]
fn no_cell_is_a_formula() {
    random(|grade| {
        let csv = report::class_csv(std::slice::from_ref(grade)).unwrap();
        let mut rows = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(csv.as_bytes());
        for row in rows.records() {
            for cell in &row.unwrap() {
                let first = cell.trim_start().chars().next();
                let formula = matches!(first, Some('=' | '+' | '-' | '@'))
                    || cell.starts_with(['\t', '\r']);
                assert!(!formula, "{cell:?}");
            }
        }
    });
}

#[test]
fn a_hostile_name_makes_no_second_row() {
    for name in HOSTILE {
        let mut grade = sample();
        name.clone_into(&mut grade.submission);
        grade.student.as_mut().unwrap().name = name.to_owned();
        let one = std::slice::from_ref(&grade);
        let text = report::class_markdown(one);
        let rows = text
            .lines()
            .skip_while(|line| !line.starts_with("| submission "))
            .take_while(|line| line.starts_with('|'));
        assert_eq!(rows.count(), 3, "{text}");
        let headings = text.lines().filter(|line| line.starts_with('#'));
        assert_eq!(headings.count(), 3, "{text}");
        let csv = report::class_csv(one).unwrap();
        let mut rows = csv::Reader::from_reader(csv.as_bytes());
        assert_eq!(rows.records().map(Result::unwrap).count(), 1);
    }
}

#[test]
fn a_block_of_the_summary_ends_where_we_end_it() {
    for text in HOSTILE {
        let mut grade = sample();
        for exercise in &mut grade.exercises {
            exercise.build = Build::Failed {
                message: text.repeat(3),
            };
            for check in &mut exercise.checks {
                if let Some(failure) = &mut check.outcome.failure {
                    failure.got = text.repeat(3);
                }
            }
        }
        let summary = report::summary(&grade, Visibility::STUDENT);
        // What stands outside the blocks is ours.
        let mut fence: Option<String> = None;
        let mut outside = String::new();
        for line in summary.lines() {
            let ticks: String =
                line.chars().take_while(|&c| c == '`').collect();
            match &fence {
                None if ticks.len() >= 3 => fence = Some(ticks),
                Some(open) if ticks.len() >= open.len() && ticks == line => {
                    fence = None;
                }
                Some(_) => {}
                None => {
                    outside.push_str(line);
                    outside.push('\n');
                }
            }
        }
        assert_eq!(fence, None);
        assert_eq!(
            outside.matches("<details>").count(),
            outside.matches("</details>").count()
        );
        assert!(!outside.contains("alert(1)"), "{outside}");
    }
}

#[test]
fn a_student_sees_of_a_hidden_check_what_the_instructor_lets_them() {
    let grade = sample();
    let secrets = [
        "five hundred clients at once are greeted",
        "five_hundred",
        "500 clients",
        "the connection is reset",
    ];
    let has = |text: &str| secrets.iter().any(|it| text.contains(it));
    for (format, text) in texts(&grade, Visibility::Instructor) {
        // A table of points has no names of checks.
        assert!(has(&text) || format == "csv", "{format} does not tell");
        // `cargo lab check` has no such check.
        let command = "--check five_hundred";
        assert!(!text.contains(command), "{format} can't be repeated");
    }
    for hidden in [Hidden::Points, Hidden::Withheld] {
        let view = Visibility::Student(hidden);
        for (format, text) in texts(&grade, view) {
            assert!(!has(&text), "{format} tells {hidden:?}");
            assert!(
                !text.contains("left out: exercises/03-accept/build.rs"),
                "{format} tells the instructor's notes"
            );
        }
    }
    let page = report::html(&grade, Visibility::Student(Hidden::Points));
    assert!(page.contains("hidden check 1"));
    assert!(!page.contains("--check hidden_check_1"));

    // Before the due date neither a verdict nor a sum that would tell it.
    let view = Visibility::Student(Hidden::Withheld);
    let page = report::html(&grade, view);
    assert!(!page.contains("hidden check 1<"));
    assert!(page.contains("1 hidden check for 3 points is not counted"));
    let json = report::gradescope(&grade, view, None).unwrap();
    let tests = json["tests"].as_array().unwrap();
    let hidden: Vec<_> = tests
        .iter()
        .filter(|test| test.get("visibility").is_some())
        .collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0]["visibility"], "after_due_date");
    assert_eq!(hidden[0]["name"], "greeter: hidden check 1");
    let output = json["output"].as_str().unwrap();
    assert!(
        output.starts_with("11 of 17 points, 2 points not checked."),
        "{output}"
    );
}

#[test]
fn long_output_is_cut_and_the_summary_keeps_to_its_size() {
    let mut grade = sample();
    let long = "<&`\u{202e}".repeat(30_000);
    for exercise in &mut grade.exercises {
        exercise.build = Build::Built;
        let check = exercise.checks[0].clone();
        for _ in 0..10 {
            let mut check = check.clone();
            check.outcome.verdict = course::Verdict::Failed;
            check.outcome.steps = vec!["`<".repeat(2_000); 100];
            exercise.checks.push(check);
        }
    }
    for view in VIEWS {
        let summary = report::summary(&grade, view);
        assert!(summary.len() <= 1024 * 1024, "{}", summary.len());
        assert!(summary.contains("more stories found no room here"));
    }
    let mut grade = sample();
    grade.submission.clone_from(&long);
    grade.exercises[0].build = Build::Failed {
        message: long.clone(),
    };
    grade.notes = vec![long; 3];
    for (format, text) in texts(&grade, Visibility::Instructor) {
        assert!(text.len() < 100_000, "{format}: {}", text.len());
    }
}

#[test]
fn what_is_missing_or_refused_is_told() {
    let mut grade = sample();
    grade.exercises[1].source = Source::Refused {
        reason: "it is a link".to_owned(),
    };
    for (format, text) in texts(&grade, Visibility::STUDENT) {
        if format != "classroom50" {
            assert!(text.contains("it is a link"), "{format}");
        }
    }
    grade.exercises[0].source = Source::Missing;
    for (format, text) in texts(&grade, Visibility::STUDENT) {
        let told = match format {
            "html" => "no file",
            "gradescope" | "summary" => "No file of: dropped.",
            "junit" => "No file exercises/03-accept/src/bin/dropped.rs.",
            _ => continue,
        };
        assert!(text.contains(told), "{format}");
    }
    grade.status = Status::Missing;
    grade.exercises.clear();
    for (format, text) in texts(&grade, Visibility::STUDENT) {
        if format != "classroom50" {
            assert!(text.contains("Nothing was handed in"), "{format}");
        }
    }
    let json = report::gradescope(&grade, Visibility::STUDENT, None);
    assert_eq!(json.unwrap()["score"], 0);
}

/// What a reader of Markdown makes of a text: everything but plain text, by
/// a word for each.
fn structure(markdown: &str) -> Vec<String> {
    use pulldown_cmark::{Event, Options, Parser, Tag};

    let mut found = Vec::new();
    let mut block = String::new();
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block.clear(),
            Event::Start(tag) => {
                let tag = format!("{tag:?}");
                let name = tag.split(|c: char| !c.is_alphanumeric());
                found.push(name.clone().next().unwrap().to_owned());
            }
            Event::Code(_) => found.push("Code".to_owned()),
            Event::Html(html) => {
                // A line of ours at a time; the words in it are not.
                let tags = html.split('<').skip(1);
                for tag in tags {
                    let name = tag.split('>').next().unwrap();
                    found.push(format!("<{name}>"));
                }
            }
            Event::InlineHtml(html) => found.push(html.into_string()),
            Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::Rule => found.push(format!("{event:?}")),
            Event::Text(_)
            | Event::End(_)
            | Event::SoftBreak
            | Event::HardBreak => {}
        }
    }
    found
}

#[test]
fn markdown_has_no_element_but_its_own() {
    let mut plain = sample();
    let of_others = |grade: &mut Grade, text: &str| {
        text.clone_into(&mut grade.submission);
        text.clone_into(&mut grade.student.as_mut().unwrap().name);
        text.clone_into(&mut grade.seed);
        text.clone_into(&mut grade.isolation.name);
        text.clone_into(&mut grade.grader.toolchain);
        text.clone_into(&mut grade.grader.system);
        grade.notes = vec![text.to_owned(); 3];
        for exercise in &mut grade.exercises {
            for check in &mut exercise.checks {
                let outcome = &mut check.outcome;
                outcome.steps = vec![text.to_owned(); 3];
                outcome.why = text.to_owned();
                if let Some(failure) = &mut outcome.failure {
                    text.clone_into(&mut failure.got);
                }
            }
            if let Build::Failed { message } = &mut exercise.build {
                text.clone_into(message);
            }
        }
        grade.exercises[3].source = Source::Refused {
            reason: text.to_owned(),
        };
    };
    of_others(&mut plain, "plain");
    let view = Visibility::STUDENT;
    let summary = structure(&report::summary(&plain, view));
    let class = structure(&report::class_markdown(&[plain.clone()]));
    // The test sees something.
    for ours in ["Heading", "Table", "Link", "<details>", "Code"] {
        assert!(summary.iter().any(|found| found == ours), "{summary:?}");
    }
    for text in HOSTILE {
        let mut hostile = plain.clone();
        of_others(&mut hostile, text);
        // The element that keeps an `@` from being a mention.
        let without_at = |found: Vec<String>| -> Vec<String> {
            let at = |it: &String| it == "<code>" || it == "</code>";
            found.into_iter().filter(|it| !at(it)).collect()
        };
        let found = structure(&report::summary(&hostile, view));
        assert_eq!(without_at(found), summary, "{text:?}");
        let found = structure(&report::class_markdown(&[hostile]));
        assert_eq!(without_at(found), class, "{text:?}");
    }
}
