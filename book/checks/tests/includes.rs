//! Every piece of code and output on a page comes from a file, and arrives.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use checks::{entries, none, pages, programs, read, root, topics};

#[test]
fn every_include_names_a_file_and_an_anchor_that_exist() {
    let mut problems = Vec::new();
    for page in pages() {
        for include in page.includes() {
            let place = format!("{}:{}", include.page, include.line);
            if include.kind != "include" {
                problems.push(format!(
                    "{place}: #{} is not used here",
                    include.kind
                ));
                continue;
            }
            let Ok(text) = fs::read_to_string(root().join(&include.file))
            else {
                problems.push(format!("{place}: no file {}", include.file));
                continue;
            };
            let Some(anchor) = &include.anchor else {
                continue;
            };
            if anchor.starts_with(|c: char| c.is_ascii_digit() || c == ':') {
                problems.push(format!(
                    "{place}: a range of lines shifts with the next edit; \
                     use an anchor"
                ));
            } else if !has_anchor(&text, anchor) {
                problems.push(format!(
                    "{place}: no anchor {anchor} in {}",
                    include.file
                ));
            }
        }
    }
    none("includes that lead nowhere", &problems);
}

#[test]
fn every_anchor_is_shown_on_a_page_and_closed() {
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for include in pages().iter().flat_map(checks::Page::includes) {
        shown
            .entry(include.file)
            .or_default()
            .extend(include.anchor);
    }
    let mut problems = Vec::new();
    for file in sources() {
        let text = read(&file);
        for (at, line) in text.lines().enumerate() {
            let Some(name) = line.trim().strip_prefix("// ANCHOR: ") else {
                continue;
            };
            let place = format!("{file}:{}", at + 1);
            if !text.contains(&format!("// ANCHOR_END: {name}\n")) {
                problems.push(format!("{place}: anchor {name} has no end"));
            }
            if !shown.get(&file).is_some_and(|names| names.contains(name)) {
                problems.push(format!("{place}: no page shows {name}"));
            }
        }
    }
    none("anchors without a page or an end", &problems);
}

#[test]
fn every_program_is_shown_whole_and_every_recording_is_shown() {
    let includes: Vec<_> =
        pages().iter().flat_map(checks::Page::includes).collect();
    let mut problems = Vec::new();
    for program in programs() {
        let whole = includes.iter().any(|include| {
            include.file == program.path
                && include.anchor.as_deref() == Some("all")
        });
        if !whole {
            problems.push(format!("no page shows all of {}", program.path));
        }
    }
    for topic in topics() {
        let folder = format!("chapters/{topic}/recorded");
        for name in entries(&folder) {
            let file = format!("{folder}/{name}");
            if name.ends_with(".txt")
                && !includes.iter().any(|include| include.file == file)
            {
                problems.push(format!("no page shows {file}"));
            }
        }
    }
    none("what no page shows", &problems);
}

#[test]
fn no_program_text_and_no_output_is_typed_into_a_page() {
    let mut problems = Vec::new();
    for fence in pages().iter().flat_map(checks::Page::fences) {
        let place = format!("{}:{}", fence.page, fence.line);
        let included = matches!(
            &fence.body[..],
            [only] if only.starts_with("{{#include") && only.ends_with("}}")
        );
        // A command line that a reader types can't be included from anywhere.
        if !included && fence.language != "sh" {
            problems.push(format!(
                "{place}: a block of {:?} that is typed, not included",
                fence.language
            ));
        }
    }
    none("typed code blocks", &problems);
}

#[test]
fn the_path_of_its_file_stands_above_every_code_block() {
    let mut problems = Vec::new();
    for page in pages() {
        let includes = page.includes();
        for fence in page.fences() {
            if !fence.language.starts_with("rust") {
                continue;
            }
            let include = includes.iter().find(|i| i.line == fence.line + 1);
            let Some(include) = include else { continue };
            let expected = format!("<p class=\"path\">{}</p>", include.file);
            if fence.before != expected {
                problems.push(format!(
                    "{}:{}: the line above should be {expected}",
                    fence.page, fence.line
                ));
            }
        }
    }
    none("code blocks without their path", &problems);
}

/// Whether mdBook would find the anchor: its mark may stand in any comment.
fn has_anchor(text: &str, name: &str) -> bool {
    text.lines().any(|line| {
        let mark = line.split_once("ANCHOR: ");
        mark.and_then(|(_, rest)| rest.split_whitespace().next()) == Some(name)
    })
}

/// The source files whose anchors are pages' business.
fn sources() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec!["chapters".to_owned()];
    while let Some(folder) = folders.pop() {
        for name in entries(&folder) {
            let path = format!("{folder}/{name}");
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.ends_with(".rs") {
                files.push(path);
            }
        }
    }
    files
}
