//! The list of students: a CSV file with the columns `id` and `name`.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use crate::Student;

/// Reads a roster. Columns are found by their names, in any order; others may
/// be there.
pub fn read(path: &Path) -> Result<Vec<Student>> {
    let told = || path.display().to_string();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .flexible(true)
        .from_path(path)
        .with_context(told)?;
    let headers = reader.headers().with_context(told)?.clone();
    let column = |name: &str| {
        headers.iter().position(|header| {
            header
                .trim_start_matches('\u{feff}')
                .eq_ignore_ascii_case(name)
        })
    };
    let Some(id) = column("id") else {
        bail!(
            "{}: no column `id`; the first line should be `id,name`",
            told()
        )
    };
    let name = column("name");
    let mut students = Vec::new();
    let mut known = BTreeSet::new();
    for record in reader.records() {
        let record = record.with_context(told)?;
        let field = |at: usize| record.get(at).unwrap_or_default().to_owned();
        let id = field(id);
        if id.is_empty() {
            continue;
        }
        ensure!(known.insert(id.clone()), "{}: {id} is there twice", told());
        students.push(Student {
            name: name.map_or_else(|| id.clone(), field),
            id,
        });
    }
    ensure!(!students.is_empty(), "{} names nobody", told());
    Ok(students)
}
