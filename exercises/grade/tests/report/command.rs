//! `cargo lab grade` on results that are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::records::sample;
use crate::written::{files, folder};

fn grade(at: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_grade"))
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap()
}

/// Results of one submission, with its file of `greeter`.
fn results(name: &str) -> PathBuf {
    let at = folder(name);
    let record = at.join("marks/grades/ana-lopez");
    fs::create_dir_all(&record).unwrap();
    let json = serde_json::to_string(&sample()).unwrap();
    fs::write(record.join("grade.json"), json).unwrap();
    let sources = at.join("marks/sources/ana-lopez");
    let sources = sources.join("exercises/03-accept/src/bin");
    fs::create_dir_all(&sources).unwrap();
    fs::write(sources.join("greeter.rs"), "fn main() {}").unwrap();
    at
}

#[test]
fn a_format_is_printed() {
    let at = results("command-format");
    let text = |arguments: &[&str]| {
        let told = grade(&at, arguments);
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stdout).unwrap()
    };
    let summary = text(&["marks", "--format", "summary"]);
    assert!(summary.starts_with("## Ana L\u{f3}pez\n"), "{summary}");
    assert!(!summary.contains("hidden check 1"));
    let points = text(&["marks", "--format", "summary", "--hidden", "points"]);
    assert!(points.contains("hidden check 1"));
}

#[test]
fn a_class_is_copied() {
    let at = results("command-flat");
    let told = grade(&at, &["marks", "--flat", "similar"]);
    assert!(told.status.success(), "{told:?}");
    let text = String::from_utf8(told.stdout).unwrap();
    assert!(
        text.starts_with("1 file of 1 submission in similar"),
        "{text}"
    );
    let written = files(&at.join("similar"));
    let own = written.iter().filter(|f| f.starts_with("submissions/"));
    let own: Vec<_> = own.collect();
    assert_eq!(own, ["submissions/ana-lopez/greeter.rs"]);
    assert!(written.contains(&"stubs/greeter.rs".to_owned()));
    // Once more, and the folder is not empty.
    let told = grade(&at, &["marks", "--flat", "similar"]);
    assert_eq!(told.status.code(), Some(1), "{told:?}");
}

#[test]
fn what_nobody_understands_is_misuse() {
    let at = folder("command-misuse");
    for arguments in [
        &["marks", "--format", "tap"][..],
        &["marks", "--hidden", "some", "--out", "out"],
        &["--format", "csv"],
        &["marks", "--format", "csv", "--flat", "similar"],
    ] {
        let told = grade(&at, arguments);
        assert_eq!(told.status.code(), Some(2), "{arguments:?} {told:?}");
    }
    let told = grade(&at, &["marks", "--format", "csv"]);
    assert_eq!(told.status.code(), Some(1), "{told:?}");
    assert_eq!(files(&at), [""; 0]);
}
