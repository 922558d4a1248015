//! The register and the pages speak of each other, in both directions.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use claims::{Outcome, probes};
use regex::Regex;

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../book/src")
}

/// Every page below the book's folder, by its path from there.
fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    let mut folders = vec![book()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of pages") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                let name = path.strip_prefix(book()).expect("below the book");
                let text = fs::read_to_string(&path).expect("a page");
                pages.push((name.display().to_string(), text));
            }
        }
    }
    pages
}

/// `[CON-08](../claims.md#con-08)`, with the page that it stands on.
fn references() -> Vec<(String, String, String)> {
    let link = Regex::new(r"\[([A-Z]{3}-\d\d)\]\(([^)]*)\)").expect("a regex");
    pages()
        .into_iter()
        .flat_map(|(page, text)| {
            let found = link.captures_iter(&text);
            found
                .map(|link| {
                    (page.clone(), link[1].to_owned(), link[2].to_owned())
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn an_id_on_a_page_leads_to_its_claim() {
    let ids: BTreeSet<_> = probes::all().iter().map(|c| c.id).collect();
    let mut problems = Vec::new();
    for (page, id, to) in references() {
        let up = if page.contains('/') { "../" } else { "" };
        let expected = format!("{up}claims.md#{}", id.to_lowercase());
        if to != expected {
            problems.push(format!("{page}: {id} leads to {to}"));
        }
        if !ids.contains(&*id) {
            problems.push(format!("{page}: there is no claim {id}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_claim_that_turns_out_otherwise_is_told_on_a_page() {
    let told: BTreeSet<String> =
        references().into_iter().map(|(_, id, _)| id).collect();
    let missing: Vec<_> = probes::all()
        .into_iter()
        .filter(|claim| matches!(claim.outcome, Outcome::Differs(_)))
        .map(|claim| claim.id)
        .filter(|id| !told.contains(*id))
        .collect();
    assert!(missing.is_empty(), "on no page: {missing:?}");
}

#[test]
fn every_errno_that_a_probe_finds_is_in_the_index() {
    let index = fs::read_to_string(book().join("errnos.md")).expect("an index");
    let errno = Regex::new(r"\bE[A-Z0-9]{3,}\b").expect("a regex");
    let mut missing = BTreeSet::new();
    for claim in probes::all() {
        for (_, value) in claim.finds {
            for name in errno.find_iter(value) {
                if !index.contains(name.as_str()) {
                    missing.insert(format!("{}: {}", claim.id, name.as_str()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "not in errnos.md: {missing:?}");
}

#[test]
fn a_claim_in_the_errno_index_finds_that_errno() {
    let index = fs::read_to_string(book().join("errnos.md")).expect("an index");
    let id = Regex::new(r"\[([A-Z]{3}-\d\d)\]").expect("a regex");
    let mut problems = Vec::new();
    for row in index.lines().filter(|line| line.starts_with("| E")) {
        let errno = row.split('|').nth(1).unwrap_or_default().trim();
        for id in id.captures_iter(row) {
            let claim = probes::named(&id[1]);
            let finds = claim.is_some_and(|claim| {
                claim.finds.iter().any(|(_, value)| value.contains(errno))
            });
            if !finds {
                problems.push(format!("{errno}: {} does not find it", &id[1]));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
