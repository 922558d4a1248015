//! `cargo lab handout`: the course without its solutions, for a class.

mod cli;
mod course;
mod git;
mod leak;
mod links;
mod manifests;
mod pages;
mod place;
mod select;
mod tree;
mod vendor;

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use anyhow::{Context, Result};

use cli::Asked;
use course::Course;
use place::{Place, Stage};
use tree::Tree;

fn main() -> ExitCode {
    let asked = match cli::parse() {
        Ok(asked) => asked,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Where nobody reads, nobody misses it.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match obey(&asked) {
        Ok(told) => {
            let _ = writeln!(stdout(), "{told}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error; nobody needs to hear it.
fn complain(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}

/// Writes the hand-out, and says what was written.
fn obey(asked: &Asked) -> Result<String> {
    let course = Course::find(asked.all_files)?;
    let place = Place::check(asked, &course.top)?;
    for file in &course.missing {
        complain(&format!("git tracks {file}, which is not there: left out"));
    }
    for name in select::unknown(&course) {
        complain(&format!("{name} is no part of the course: left out"));
    }
    let mut tree = select::select(&course)?;
    pages::change(&mut tree, &course);
    manifests::change(&mut tree, &course)?;
    links::check(&tree, &course)?;
    leak::check(&tree, &course)?;

    let stage = Stage::begin(&place)?;
    for (path, file) in tree.files() {
        stage.write(path, file)?;
    }
    manifests::lock(stage.folder())?;
    if asked.vendor || place.was_vendored() {
        vendor::vendor(&stage)?;
    }
    list(&stage, &tree, &course)?;
    if asked.git {
        git::first_commit(stage.folder())?;
    }
    place.take(stage, asked.update).map(|done| {
        format!("{done}\nMade of {}.\n{}", course.origin, next(asked))
    })
}

/// Leaves a list of the files in the hand-out, by which an update goes.
fn list(stage: &Stage, tree: &Tree, course: &Course) -> Result<()> {
    let mut text = format!(
        "# What `cargo lab handout` wrote; `--update` goes by this list.\n\
         # Made of {}.\n",
        course.origin
    );
    for path in tree.files().keys() {
        text += path;
        text.push('\n');
    }
    stage
        .write(place::LIST, &tree::File::text(text))
        .context("list the files")
}

/// What an instructor does with it.
fn next(asked: &Asked) -> String {
    let out = asked.out.display();
    if asked.update {
        format!(
            "Look at it with `git -C {out} status`, then commit and push it: \
             a student's `git pull` keeps their work."
        )
    } else if asked.git {
        format!(
            "It is a repository with one commit: push it to where students \
             get it. Try it as one of them: cd {out} && cargo lab"
        )
    } else {
        format!("Try it as a student does: cd {out} && cargo lab")
    }
}
