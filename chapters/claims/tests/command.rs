//! `cargo lab claims` as a reader types it.
#![cfg(target_os = "linux")]

use std::fs;
use std::process::{Command, Output};

fn claims(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_claims"))
        .args(args)
        .output()
        .expect("start claims")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn one_claim_is_told_with_its_source() {
    let output = claims(&["con-13"]);
    assert_eq!(output.status.code(), Some(0));
    let told = stdout(&output);
    for part in ["CON-13", "ECONNREFUSED", "(s: &mut Story)"] {
        assert!(told.contains(part), "no {part:?} in\n{told}");
    }
    let brief = stdout(&claims(&["CON-13", "--brief"]));
    assert!(!brief.contains("(s: &mut Story)"), "{brief}");
}

#[test]
fn a_section_is_a_table_with_a_summary() {
    let told = stdout(&claims(&["gpn"]));
    assert!(told.contains("Who is Connected to Me?"), "{told}");
    assert!(told.contains(" 0 unexpected"), "{told}");
    assert!(!told.contains("Listening"), "{told}");
}

#[test]
fn data_is_read_again_and_compared() {
    let data = stdout(&claims(&["FLG", "--json"]));
    assert!(data.lines().count() >= 7, "{data}");
    let file = format!("{}/flags.json", env!("CARGO_TARGET_TMPDIR"));
    fs::write(&file, &data).expect("write");
    let told = stdout(&claims(&["FLG", "--beside", &file]));
    assert!(told.contains("claims alike, 0 not, 0 measured"), "{told}");
    let otherwise = data.replacen("\"EOPNOTSUPP\"", "\"EPROTO\"", 1);
    assert_ne!(otherwise, data);
    fs::write(&file, otherwise).expect("write");
    let told = stdout(&claims(&["FLG", "--beside", &file]));
    assert!(
        told.contains("EPROTO") && told.contains(" 1 not,"),
        "{told}"
    );
}

#[test]
fn misuse_is_told_in_a_line_with_exit_code_2() {
    for args in [
        &["CON-99"][..],
        &["--surroundings", "elsewhere"],
        &["FLG", "--beside", "/nowhere"],
        &["FLG", "--beside", "/dev/null/"],
    ] {
        let output = claims(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told.lines().count(), 1, "{args:?}: {told}");
    }
}
