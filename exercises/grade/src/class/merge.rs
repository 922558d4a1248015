//! Puts the results of several runs together: of a matrix in CI, of several
//! machines.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::cli::Asked;
use crate::report::Visibility;
use crate::store::{Store, safe_names};
use crate::{Grade, SCHEMA, Status, report, roster};

/// Merges; whether every submission has its marks.
pub(super) fn merge(asked: &Asked) -> Result<bool> {
    let mut grades: BTreeMap<String, Grade> = BTreeMap::new();
    for path in &asked.merge {
        for grade in read(path)? {
            match grades.get_mut(&grade.submission) {
                Some(old) if !is_better(&grade, old) => {}
                Some(old) => *old = grade,
                None => {
                    grades.insert(grade.submission.clone(), grade);
                }
            }
        }
    }
    if let Some(file) = &asked.roster {
        for student in roster::read(file)? {
            if let Some(grade) = grades.get_mut(&student.id) {
                grade.student = Some(student);
                continue;
            }
            let absent = super::Entry {
                name: student.id.clone(),
                folder: String::new(),
                student: Some(student.clone()),
                missing: true,
                fault: None,
                files: Vec::new(),
                notes: Vec::new(),
            };
            let row = super::record::row(&absent, &super::now());
            grades.insert(student.id, row);
        }
    }
    let store = Store::open(&asked.out)?;
    let names: Vec<String> = grades.keys().cloned().collect();
    let grades: Vec<Grade> = grades.into_values().collect();
    for (grade, folder) in grades.iter().zip(safe_names(&names)) {
        store.keep(&folder, grade)?;
    }
    let student = asked.hidden.unwrap_or(Visibility::STUDENT);
    report::write_all_for(&store.out, &grades, student)?;
    super::eprint_line(&format!(
        "{} submissions; see {}",
        grades.len(),
        store.out.display()
    ));
    Ok(grades
        .iter()
        .all(|grade| !matches!(grade.status, Status::NotGraded { .. })))
}

/// A mark is better than none; of two marks the later one counts.
fn is_better(new: &Grade, old: &Grade) -> bool {
    let rank = |grade: &Grade| match grade.status {
        Status::Graded => 2,
        Status::NotGraded { .. } => 1,
        Status::Missing => 0,
    };
    (rank(new), &new.started) > (rank(old), &old.started)
}

/// The records in a file, in a folder of results, or anywhere below a folder.
fn read(path: &Path) -> Result<Vec<Grade>> {
    let mut found = Vec::new();
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path)
                .with_context(|| format!("read {}", path.display()))?;
            for entry in entries {
                let entry = entry?;
                let is_folder = entry.file_type()?.is_dir();
                if is_folder || entry.file_name() == "grade.json" {
                    open.push(entry.path());
                }
            }
            continue;
        }
        let text = fs::read(&path)
            .with_context(|| format!("read {}", path.display()))?;
        let grade: Grade = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no record", path.display()))?;
        ensure!(
            grade.schema == SCHEMA,
            "{} has the format {:?}; this is for {SCHEMA:?}",
            path.display(),
            grade.schema
        );
        found.push(grade);
    }
    ensure!(!found.is_empty(), "{} holds no grade.json", path.display());
    found.sort_by(|a, b| a.submission.cmp(&b.submission));
    Ok(found)
}
