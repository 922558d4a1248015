//! Every lesson shows the picture of its program's run, with a caption and in
//! words; no picture is drawn that no page shows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use checks::{Include, Page, none, pages, read, root, topics};
use regex::Regex;
use serde::Deserialize;

/// What an entry of `pictures.toml` says of whom it shows; the rest of it is
/// the recorder's.
#[derive(Debug, Deserialize)]
struct Entry {
    /// The program, where the picture is not named after it.
    program: Option<String>,
}

/// A picture that is recorded: its path without the ending, and its program.
struct Recorded {
    file: String,
    program: String,
}

/// All pictures, from the tables of the topics.
fn recorded() -> Vec<Recorded> {
    let mut all = Vec::new();
    for topic in topics() {
        let folder = format!("chapters/{topic}/recorded");
        let table = format!("{folder}/pictures.toml");
        if !root().join(&table).exists() {
            continue;
        }
        let entries: BTreeMap<String, Entry> = toml::from_str(&read(&table))
            .unwrap_or_else(|error| panic!("{table}: {error}"));
        all.extend(entries.into_iter().map(|(name, entry)| Recorded {
            file: format!("{folder}/{name}"),
            program: entry.program.unwrap_or(name),
        }));
    }
    all
}

/// The pages of lessons: those that run something.
fn lessons() -> impl Iterator<Item = Page> {
    pages()
        .into_iter()
        .filter(|page| page.section("Run").is_some())
}

fn drawn(include: &Include) -> Option<&str> {
    include.file.strip_suffix(".svg")
}

#[test]
fn every_lesson_shows_its_program_s_picture_below_the_output() {
    let recorded = recorded();
    let mut problems = Vec::new();
    for page in lessons() {
        let (topic, file) = page.name.split_once('/').unwrap_or_default();
        let name = file.trim_end_matches(".md");
        let own: Vec<&Recorded> = recorded
            .iter()
            .filter(|picture| {
                let folder = format!("chapters/{topic}/recorded/");
                let here = picture.file.strip_prefix(&folder);
                here.is_some_and(|file| file == name)
                    || here.is_some() && picture.program == name
            })
            .collect();
        let place = |heading: &str| {
            let mark = format!("\n## {heading}\n");
            page.text
                .find(&mark)
                .map(|at| page.text[..at].lines().count())
        };
        let output = page
            .includes()
            .iter()
            .filter(|include| include.file.ends_with(".txt"))
            .filter(|include| include.file.contains("/recorded/"))
            .map(|include| include.line)
            .min();
        let why = place("Why").unwrap_or(usize::MAX);
        for picture in &own {
            let shown = page
                .includes()
                .into_iter()
                .find(|include| drawn(include) == Some(&picture.file));
            match shown {
                None => problems.push(format!(
                    "{} does not show {}.svg",
                    page.name, picture.file
                )),
                Some(include)
                    if output.is_none_or(|output| include.line < output)
                        || include.line > why =>
                {
                    problems.push(format!(
                        "{}:{}: the picture belongs behind the output and \
                         before Why",
                        page.name, include.line
                    ));
                }
                Some(_) => {}
            }
        }
    }
    none("lessons without their picture", &problems);
}

#[test]
fn no_picture_stands_above_the_prediction() {
    let mut problems = Vec::new();
    for page in lessons() {
        let run = page.text.find("\n## Run\n").unwrap_or(0);
        for figure in page.figures() {
            if figure.start < run {
                problems.push(format!("{}:{}", page.name, figure.line));
            }
        }
        for include in page.includes() {
            let file = &include.file;
            let shows = file.ends_with(".svg") || file.ends_with(".words.md");
            if shows && include.line <= page.text[..run].lines().count() {
                problems.push(format!("{}:{}", page.name, include.line));
            }
        }
    }
    none("pictures above Run", &problems);
}

#[test]
fn every_figure_has_a_picture_a_caption_and_its_words() {
    static SHOWS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\A\n\{\{#include (\S+)\.svg\}\}\n<figcaption>")
            .expect("written here")
    });
    let mut problems = Vec::new();
    for page in pages() {
        for figure in page.figures() {
            let place = format!("{}:{}", page.name, figure.line);
            let Some(shows) = SHOWS.captures(&figure.inner) else {
                problems.push(format!(
                    "{place}: not one include of a picture, then a caption"
                ));
                continue;
            };
            // A blank line would end the block of HTML.
            if figure.inner.contains("\n\n") {
                problems.push(format!("{place}: a blank line inside"));
            }
            if !figure.caption.ends_with('.') {
                problems.push(format!("{place}: no caption of sentences"));
            }
            let words = format!(
                "\n\n<details>\n<summary>The picture in words</summary>\n\n\
                 {{{{#include {}.words.md}}}}\n\n</details>\n",
                &shows[1]
            );
            if !figure.after.starts_with(&words) {
                problems.push(format!(
                    "{place}: {}.words.md does not follow, folded",
                    &shows[1]
                ));
            }
        }
        let figures = page.figures().len();
        let pictures = page
            .includes()
            .iter()
            .filter(|i| drawn(i).is_some())
            .count();
        if figures != pictures {
            problems.push(format!(
                "{}: {pictures} pictures in {figures} figures",
                page.name
            ));
        }
    }
    none("figures", &problems);
}

#[test]
fn every_recorded_picture_is_drawn_and_shown() {
    let shown: BTreeSet<String> = pages()
        .iter()
        .flat_map(Page::includes)
        .map(|include| include.file)
        .collect();
    let mut problems = Vec::new();
    for picture in recorded() {
        for ending in ["svg", "words.md"] {
            let file = format!("{}.{ending}", picture.file);
            if !shown.contains(&file) {
                problems.push(format!("no page shows {file}"));
            }
            // An empty one is as good as none.
            if !root().join(&file).exists() || read(&file).trim().is_empty() {
                problems.push(format!("{file} is not drawn"));
            }
        }
    }
    none("pictures that nobody sees", &problems);
}

#[test]
fn an_id_stands_once_on_a_page_and_is_there_when_it_is_named() {
    static ID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"\sid="([^"]+)""#).expect("written here")
    });
    static NAMED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(concat!(
            r#"(?:aria-labelledby|aria-describedby)="([^"]+)""#,
            r##"|(?:href="#|url\(#)([^")]+)"##,
        ))
        .expect("written here")
    });
    let mut problems = Vec::new();
    for page in pages() {
        let mut seen = BTreeSet::new();
        let mut named = BTreeSet::new();
        let files = page.includes().into_iter();
        for file in files.filter(|i| drawn(i).is_some()).map(|i| i.file) {
            let Ok(svg) = std::fs::read_to_string(root().join(&file)) else {
                continue;
            };
            // Markdown would end the block there.
            if svg.contains("\n\n") {
                problems.push(format!("{file}: a blank line"));
            }
            for id in ID.captures_iter(&svg) {
                if !seen.insert(id[1].to_owned()) {
                    problems
                        .push(format!("{}: id {} twice", page.name, &id[1]));
                }
            }
            for found in NAMED.captures_iter(&svg) {
                let list = found.get(1).or(found.get(2));
                let list = list.map_or("", |list| list.as_str());
                named.extend(list.split_whitespace().map(str::to_owned));
            }
        }
        for id in named.difference(&seen) {
            problems.push(format!("{}: no id {id}", page.name));
        }
        // The headings of the page have ids too.
        for (_, heading) in page.headings() {
            let id = checks::anchor_of(&heading);
            if seen.contains(&id) {
                problems.push(format!(
                    "{}: id {id} is also a heading's",
                    page.name
                ));
            }
        }
    }
    none("ids", &problems);
}
