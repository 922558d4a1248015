//! What is done with results that are there: shown in another form, or copied
//! for a tool that finds similar programs.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::Grade;
use crate::cli::Asked;
use crate::flat::{self, Exported, Work};
use crate::material::Material;
use crate::report::{self, Host, count};

/// Does what was asked for; nothing, if something is to be graded.
pub fn done(asked: &Asked) -> Option<Result<()>> {
    let results = asked.submissions.as_deref()?;
    if let Some(format) = asked.format {
        let host = Host::from_env();
        let shown = report::show(results, format, asked.hidden, &host);
        return Some(shown.and_then(|text| print(&text)));
    }
    let out = asked.flat.as_deref()?;
    Some(export(results, out).and_then(|exported| {
        print(&format!(
            "{} of {} in {}; left out as stubs: {}\n",
            count(exported.files, "file"),
            count(exported.submissions, "submission"),
            out.display(),
            exported.untouched
        ))
    }))
}

fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        // A reader that has enough is no failure.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("write the results"),
    }
}

/// Each exercise with the text of a file.
type Files<'a> = Vec<(&'a str, Vec<u8>)>;

/// The files of a class, from where they were kept when it was graded.
fn export(results: &Path, out: &Path) -> Result<Exported> {
    let material = Material::find()?;
    let mut stubs = Vec::new();
    for task in &material.tasks {
        let stub = material.top.join(task.stub_file());
        let text = fs::read(&stub)
            .with_context(|| format!("read {}", stub.display()))?;
        stubs.push((task.exercise.name, text));
    }
    let mut class: Vec<(Grade, Files<'_>)> = Vec::new();
    for (folder, grade) in report::records(results)? {
        let mut files = Vec::new();
        for task in &material.tasks {
            let kept = results.join("sources").join(&folder);
            let file = kept.join(task.file());
            match fs::read(&file) {
                Ok(text) => files.push((task.exercise.name, text)),
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
                Err(e) => {
                    return Err(e)
                        .with_context(|| format!("read {}", file.display()));
                }
            }
        }
        class.push((grade, files));
    }
    let stubs: Vec<(&str, &[u8])> =
        stubs.iter().map(|(name, text)| (*name, &**text)).collect();
    let class: Vec<Work<'_>> = class
        .iter()
        .map(|(grade, files)| Work {
            submission: &grade.submission,
            files: files.iter().map(|(name, text)| (*name, &**text)).collect(),
        })
        .collect();
    flat::export(out, &class, &stubs)
}
