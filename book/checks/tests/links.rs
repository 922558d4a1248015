//! Links lead somewhere, and the tables of topics agree.

use std::collections::BTreeSet;

use checks::{
    Page, anchor_of, entries, join, none, pages, programs, read, root, summary,
    topics,
};

#[test]
fn every_internal_link_leads_to_a_page_and_a_heading_that_exist() {
    let mut problems = Vec::new();
    let mut pages = pages();
    pages.push(Page::read("SUMMARY.md"));
    for page in &pages {
        for link in page.links() {
            if link.to.contains("://") || link.to.starts_with("mailto:") {
                continue;
            }
            let (to, fragment) =
                link.to.split_once('#').unwrap_or((&link.to, ""));
            let place = format!("{}:{}", page.name, link.line);
            let target = match to {
                "" => page.name.clone(),
                to => join(folder_of(&page.name), to),
            };
            if !root().join("book/src").join(&target).is_file() {
                problems.push(format!("{place}: no page {}", link.to));
            } else if !fragment.is_empty()
                && !Page::read(&target)
                    .headings()
                    .iter()
                    .any(|(_, heading)| anchor_of(heading) == fragment)
                && !has_id(&target, fragment)
            {
                problems.push(format!("{place}: no heading {}", link.to));
            }
        }
    }
    none("dead links", &problems);
}

/// Whether what a page includes has a place of this id.
fn has_id(page: &str, id: &str) -> bool {
    let id = format!("id=\"{id}\"");
    Page::read(page).text.lines().any(|line| {
        line.strip_prefix("{{#include ")
            .and_then(|rest| rest.strip_suffix(".md}}"))
            .map(|file| join("book/src", &format!("{file}.md")))
            .is_some_and(|file| read(file).contains(&id))
    })
}

#[test]
fn the_summary_lists_every_page_once() {
    let listed = summary();
    let unique: BTreeSet<&String> = listed.iter().collect();
    assert_eq!(unique.len(), listed.len(), "a page is listed twice");
    let mut found = BTreeSet::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for name in entries(format!("book/src/{folder}")) {
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            if root().join("book/src").join(&path).is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") && path != "SUMMARY.md" {
                found.insert(path);
            }
        }
    }
    let missing: Vec<String> = found
        .iter()
        .filter(|page| !unique.contains(page))
        .map(|page| format!("SUMMARY.md does not list {page}"))
        .collect();
    none("pages that nobody finds", &missing);
}

#[test]
fn the_summary_calls_every_page_by_its_title() {
    let mut problems = Vec::new();
    for line in read("book/src/SUMMARY.md").lines() {
        let Some((_, rest)) = line.split_once('[') else {
            continue;
        };
        let Some((title, rest)) = rest.split_once("](") else {
            continue;
        };
        let page = Page::read(rest.trim_end_matches(')'));
        let own = page.text.lines().next().unwrap_or_default();
        let own = own.trim_start_matches("# ");
        let expected = match (page.topic(), own.strip_prefix("Review: ")) {
            (Some(_), Some(_)) => "Review".to_owned(),
            (Some(topic), None) if page.name.ends_with("/index.md") => {
                format!("{} {own}", &topic[..2])
            }
            _ => own.to_owned(),
        };
        if title != expected && title != "Introduction" {
            problems.push(format!("{}: {own:?}, not {title:?}", page.name));
        }
    }
    none("titles", &problems);
}

#[test]
fn the_readme_and_the_introduction_list_every_topic_in_order() {
    for (name, text) in [
        ("README.md", read("README.md")),
        ("book/src/introduction.md", read("book/src/introduction.md")),
    ] {
        let mut from = 0;
        for topic in topics() {
            let found = text[from..].find(&topic);
            let Some(at) = found else {
                panic!("{name} lacks {topic}, or has it out of order");
            };
            from += at;
        }
    }
}

#[test]
fn the_readme_lists_every_program_beside_its_topic() {
    let readme = read("README.md");
    let mut problems = Vec::new();
    for program in programs() {
        let row = format!("| [{}](", program.topic);
        let row = readme.lines().find(|line| line.starts_with(&row));
        let named = format!("`{}`", program.name);
        if !row.is_some_and(|row| row.contains(&named)) {
            problems.push(format!("README.md: {}", program.path));
        }
    }
    none("programs that the README leaves out", &problems);
}

#[test]
fn what_the_readme_shows_of_the_lab_is_recorded() {
    let readme = read("README.md");
    let recorded = read("exercises/lab/recorded/not-yet.txt");
    let blocks: Vec<&str> = readme
        .split("\n```text\n")
        .skip(1)
        .filter_map(|rest| rest.split("\n```").next())
        .collect();
    assert_eq!(blocks.len(), 1, "blocks of output in the README");
    for block in blocks {
        assert!(
            recorded.starts_with(&format!("{block}\n\n")),
            "README.md: not the first part of \
             exercises/lab/recorded/not-yet.txt:\n{block}"
        );
    }
}

#[test]
fn the_links_of_the_readme_lead_somewhere() {
    let page = Page {
        name: String::new(),
        text: read("README.md"),
    };
    let dead: Vec<String> = page
        .links()
        .into_iter()
        .filter(|link| !link.to.contains("://"))
        .filter(|link| {
            let to = link.to.split('#').next().unwrap_or_default();
            !root().join(to).exists()
        })
        .map(|link| format!("README.md:{}: {}", link.line, link.to))
        .collect();
    none("dead links", &dead);
}

#[test]
fn the_project_has_one_home() {
    let manifest = read("Cargo.toml");
    let home = manifest
        .lines()
        .find_map(|line| line.strip_prefix("repository = \""))
        .and_then(|rest| rest.strip_suffix('"'))
        .expect("Cargo.toml names the repository");
    for file in ["book/book.toml", "README.md"] {
        assert!(read(file).contains(home), "{file} does not name {home}");
    }
}

fn folder_of(page: &str) -> &str {
    page.rsplit_once('/').map_or("", |(folder, _)| folder)
}
