//! The proof that the checks tell right from wrong.

use testkit::grade;

#[path = "../../../exercises/03-accept/tests/greeter.rs"]
mod greeter;

#[test]
fn the_stub_of_greeter_fails_every_check() {
    let failures =
        grade::failures(&greeter::EXERCISE, env!("CARGO_BIN_EXE_stub-greeter"));
    let failed: Vec<&str> = failures.iter().map(|(name, _)| *name).collect();
    let all: Vec<&str> = greeter::EXERCISE
        .checks
        .iter()
        .map(|check| check.name)
        .collect();
    assert_eq!(failed, all);
}

#[test]
fn a_failure_tells_the_steps_the_reason_and_the_page() {
    let failures =
        grade::failures(&greeter::EXERCISE, env!("CARGO_BIN_EXE_stub-greeter"));
    for (name, story) in failures {
        for part in ["   1 ", "why: ", "read: book/src/03-accept/accept.md"] {
            assert!(story.contains(part), "{name}: {story}");
        }
    }
}
