//! The export for tools that find similar programs.

use std::fs;

use grade::flat::{Exported, Work, export};

use crate::written::{files, folder};

const STUBS: [(&str, &[u8]); 2] =
    [("dropped", b"fn main() {}\n"), ("greeter", b"todo!();\n")];

#[test]
fn each_student_has_what_is_their_own_and_no_stub() {
    let out = folder("flat").join("new");
    let class = [
        Work {
            submission: "ana",
            files: vec![STUBS[0], ("greeter", b"fn ana() {}\n")],
        },
        Work {
            submission: "=lee/../..",
            // No UTF-8: it is copied as it is.
            files: vec![("dropped", b"\xff"), ("greeter", b"fn lee() {}\n")],
        },
        Work {
            submission: "mo",
            files: STUBS.to_vec(),
        },
    ];
    let exported = export(&out, &class, &STUBS).unwrap();
    let expected = Exported {
        submissions: 2,
        files: 3,
        untouched: 3,
    };
    assert_eq!(exported, expected);
    let names = fs::read_to_string(out.join("names.csv")).unwrap();
    let lee = names.lines().nth(2).unwrap();
    let (lee, submission) = lee.split_once(',').unwrap();
    assert_eq!(submission, "'=lee/../..");
    let mut written = vec![
        "names.csv".to_owned(),
        "stubs/dropped.rs".to_owned(),
        "stubs/greeter.rs".to_owned(),
        "submissions/ana/greeter.rs".to_owned(),
        format!("submissions/{lee}/dropped.rs"),
        format!("submissions/{lee}/greeter.rs"),
    ];
    written.sort();
    assert_eq!(files(&out), written);
    let file = out.join("submissions").join(lee).join("dropped.rs");
    assert_eq!(fs::read(file).unwrap(), class[1].files[0].1);
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let out = folder("flat-full");
    fs::write(out.join("file"), "").unwrap();
    let told = export(&out, &[], &STUBS).unwrap_err().to_string();
    assert!(told.contains("is not empty; name a new folder"), "{told}");
    assert_eq!(files(&out), ["file"]);
}
