//! What readers believe wrongly is met where the table says.

use std::collections::BTreeSet;

use checks::{misconceptions, none, pages};

const MARK: &str = "<!-- misconception: ";

#[test]
fn every_misconception_is_met_where_the_table_says() {
    let mut problems = Vec::new();
    for m in misconceptions() {
        let mark = format!("{MARK}{} -->", m.id);
        for (place, section) in
            [(&m.prediction, "Predict"), (&m.question, "Check yourself")]
        {
            for place in place.list() {
                let met = pages().iter().any(|page| {
                    page.name == *place
                        && page
                            .section(section)
                            .is_some_and(|text| text.contains(&mark))
                });
                if !met {
                    let id = &m.id;
                    problems.push(format!("{id}: not in {section} of {place}"));
                }
            }
        }
    }
    none("misconceptions", &problems);
}

#[test]
fn every_mark_on_a_page_is_in_the_table() {
    let known: BTreeSet<(String, String)> = misconceptions()
        .into_iter()
        .flat_map(|m| {
            let places = m.prediction.list().iter().chain(m.question.list());
            places
                .map(|place| (m.id.clone(), place.clone()))
                .collect::<Vec<_>>()
        })
        .collect();
    let mut problems = Vec::new();
    for page in pages() {
        for line in page.text.lines() {
            let mark = line.trim().strip_prefix(MARK);
            let Some(id) = mark.and_then(|m| m.strip_suffix(" -->")) else {
                continue;
            };
            if !known.contains(&(id.to_owned(), page.name.clone())) {
                problems.push(format!("{}: {id}", page.name));
            }
        }
    }
    none("marks that the table does not know", &problems);
}

#[test]
fn every_misconception_is_met_by_a_prediction_and_a_question() {
    let mut gaps = Vec::new();
    for m in misconceptions() {
        if m.prediction.list().is_empty() {
            gaps.push(format!("{}: no prediction", m.id));
        }
        if m.question.list().is_empty() {
            gaps.push(format!("{}: no question", m.id));
        }
    }
    none("gaps in book/misconceptions.toml", &gaps);
}

#[test]
fn a_misconception_is_told_once_in_two_sentences() {
    let mut ids = BTreeSet::new();
    let mut problems = Vec::new();
    for m in misconceptions() {
        if !ids.insert(m.id.clone()) {
            problems.push(format!("{}: twice", m.id));
        }
        for sentence in [&m.belief, &m.truth] {
            if !sentence.ends_with('.') {
                problems.push(format!("{}: {sentence:?}", m.id));
            }
        }
    }
    none("the table of misconceptions", &problems);
}
