//! The errno index and the glossary hold what the lessons use.

use std::collections::BTreeSet;

use checks::{Curriculum, Page, none, programs};

#[test]
fn the_errno_index_has_a_row_for_every_errno_that_is_taught() {
    let rows = rows("errnos.md");
    let listed: BTreeSet<&str> = rows.iter().map(|row| &*row[0]).collect();
    let mut problems = Vec::new();
    for lesson in Curriculum::read().lessons {
        for errno in &lesson.errnos {
            if !listed.contains(errno.as_str()) {
                problems.push(format!("{errno}, taught in {}", lesson.page));
            }
        }
    }
    none("errnos that the index leaves out", &problems);
}

#[test]
fn every_row_of_the_errno_index_names_a_program_or_a_claim_that_shows_it() {
    let programs = programs();
    let mut problems = Vec::new();
    for row in rows("errnos.md") {
        assert_eq!(row.len(), 5, "errnos.md: five columns: {row:?}");
        // Errnos that can't be provoked say so instead.
        let Some((_, rest)) = row[3].split_once("[`") else {
            // What a claim finds, the register's own tests compare.
            if !row[3].contains("not provoked")
                && !row[3].contains("](claims.md#")
            {
                problems.push(format!("{}: no program", row[0]));
            }
            continue;
        };
        let name = rest.split('`').next().unwrap_or_default();
        let Some(program) = programs.iter().find(|p| p.name == name) else {
            problems.push(format!("{}: no program {name}", row[0]));
            continue;
        };
        let recorded = checks::read(format!(
            "chapters/{}/recorded/{}.txt",
            program.topic, program.name
        ));
        if !recorded.contains(&row[0]) && !program.source.contains(&row[0]) {
            problems.push(format!("{}: {name} does not show it", row[0]));
        }
    }
    none("rows of the errno index", &problems);
}

#[test]
fn the_errno_index_and_the_glossary_are_in_order_and_hold_each_term_once() {
    for page in ["errnos.md", "glossary.md"] {
        let terms: Vec<String> = rows(page)
            .into_iter()
            .map(|row| row[0].trim_matches('*').to_lowercase())
            .collect();
        assert!(!terms.is_empty(), "{page} has no rows");
        for pair in terms.windows(2) {
            assert!(
                pair[0] < pair[1],
                "{page}: {} before {}",
                pair[0],
                pair[1]
            );
        }
    }
}

/// The rows of a page's tables, without their heads.
fn rows(page: &str) -> Vec<Vec<String>> {
    let page = Page::read(page);
    let mut rows = Vec::new();
    let mut body = false;
    for line in page.text.lines() {
        let line = line.trim();
        if !line.starts_with('|') {
            body = false;
        } else if line.starts_with("|---") {
            body = true;
        } else if body {
            let cells = line.trim_matches('|').split(" | ");
            rows.push(cells.map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}
