//! What `write_all` leaves in a folder.

use std::fs;
use std::path::{Path, PathBuf};

use grade::Status;
use grade::report::{Format, Host, Visibility, show, write_all};

use crate::records::{HOSTILE, sample};

/// A folder for one test, empty; Cargo keeps it under `target`.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Every file below, by its path from there.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let path = path.strip_prefix(folder).unwrap();
                files.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn each_student_has_a_folder_and_the_class_has_two_tables() {
    let out = folder("class");
    let ana = sample();
    let mut lee = sample();
    lee.submission = "lee".to_owned();
    lee.student = None;
    lee.status = Status::NotGraded {
        reason: "the machine was switched off".to_owned(),
    };
    for exercise in &mut lee.exercises {
        exercise.checks.retain(|check| !check.hidden);
    }
    let mut grades = [ana, lee];
    write_all(&out, &grades).unwrap();
    let written = [
        "class.csv",
        "class.md",
        "instructor/ana-lopez.html",
        "students/ana-lopez/gradescope.json",
        "students/ana-lopez/junit.xml",
        "students/ana-lopez/report.html",
        "students/ana-lopez/summary.md",
        "students/lee/junit.xml",
        "students/lee/report.html",
        "students/lee/summary.md",
    ];
    assert_eq!(files(&out), written);

    // The same again, and then without the mark that there was.
    let before = fs::read(out.join("class.csv")).unwrap();
    write_all(&out, &grades).unwrap();
    assert_eq!(before, fs::read(out.join("class.csv")).unwrap());
    grades[0].status = grades[1].status.clone();
    write_all(&out, &grades).unwrap();
    assert!(!out.join("students/ana-lopez/gradescope.json").exists());
}

#[test]
fn hostile_names_write_nowhere_else() {
    let around = folder("hostile");
    let out = around.join("out");
    let names = ["../../escape", "/absolute", "..", "", "a/../b"];
    let grades: Vec<_> = HOSTILE
        .iter()
        .chain(&names)
        .map(|name| {
            let mut grade = sample();
            (*name).clone_into(&mut grade.submission);
            grade
        })
        .collect();
    write_all(&out, &grades).unwrap();
    assert_eq!(files(&around).len(), files(&out).len());
    assert_eq!(files(&out).len(), 2 + 5 * grades.len());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let out = folder("full").join("file");
    fs::write(&out, "").unwrap();
    let told = format!("{:#}", write_all(&out, &[]).unwrap_err());
    assert!(told.contains("class.csv"), "{told}");
}

#[test]
fn results_are_shown_in_any_format() {
    let out = folder("shown");
    let host = Host::default();
    let say = |format: &str| {
        let format = Format::named(format).unwrap();
        show(&out, format, None, &host).map_err(|e| format!("{e:#}"))
    };
    assert!(say("csv").unwrap_err().contains("grades"));
    for name in ["ana", "lee"] {
        let mut grade = sample();
        name.clone_into(&mut grade.submission);
        let folder = out.join("grades").join(name);
        fs::create_dir_all(&folder).unwrap();
        let json = serde_json::to_string(&grade).unwrap();
        fs::write(folder.join("grade.json"), json).unwrap();
    }
    let csv = say("csv").unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(say("html").unwrap_err().contains("grade.json of one"));

    let one = out.join("grades/ana/grade.json");
    let text =
        |visibility| show(&one, Format::Summary, visibility, &host).unwrap();
    // A host grades before the due date.
    assert!(!text(None).contains("hidden check 1"));
    let points = Visibility::named("points");
    assert!(text(points).contains("hidden check 1"));
    let all = Visibility::named("all");
    assert!(text(all).contains("five hundred clients"));
    assert!(!text(all).contains("left out:"));

    let other = fs::read_to_string(&one).unwrap().replace("/v1", "/v2");
    fs::write(&one, other).unwrap();
    assert!(
        say("csv")
            .unwrap_err()
            .contains("grade the submission again")
    );
}
