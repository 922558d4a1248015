//! A hand-out of this course, as a student has it: nothing in it tells a
//! solution, and all that a student types works.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use libtest_mimic::Arguments;
use tempfile::TempDir;
use testkit::{Ended, Program, trial};
use toml_edit::DocumentMut;
use walkdir::WalkDir;

/// What a command may take, with a build in it.
const PATIENCE: Duration = Duration::from_secs(600);

/// The exercise that the student works on.
const EXERCISE: &str = "greeter";
const TOPIC: &str = "03-accept";

fn main() -> ExitCode {
    let all: [(&str, fn()); 8] = [
        (
            "nothing_of_a_solution_is_in_it",
            nothing_of_a_solution_is_in_it,
        ),
        (
            "no_file_in_it_is_for_instructors",
            no_file_in_it_is_for_instructors,
        ),
        (
            "no_text_for_students_speaks_of_giving_up",
            no_text_for_students_speaks_of_giving_up,
        ),
        ("every_exercise_is_its_stub", every_exercise_is_its_stub),
        (
            "members_and_lock_file_are_those_of_what_is_there",
            members_and_lock_file_are_those_of_what_is_there,
        ),
        (
            "the_checks_tell_a_stub_from_a_solution",
            the_checks_tell_a_stub_from_a_solution,
        ),
        (
            "the_lab_says_where_solutions_are_and_has_no_way_to_give_up",
            the_lab_says_where_solutions_are_and_has_no_way_to_give_up,
        ),
        (
            "hints_lists_and_resets_are_as_ever",
            hints_lists_and_resets_are_as_ever,
        ),
    ];
    let trials = all.map(|(name, run)| {
        trial(name, &[], move || {
            run();
            Ok(())
        })
    });
    let mut arguments = Arguments::from_args();
    // They work in the same folders.
    arguments.test_threads = Some(1);
    let done = libtest_mimic::run(&arguments, trials.into());
    drop(ROOM.lock().expect("nobody panics with it").take());
    done.exit_code()
}

/// The whole course.
fn course() -> PathBuf {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    top.canonicalize().expect("the course")
}

/// The folder of the hand-out. Not in the target folder: that may lie in the
/// course, where no hand-out may be written.
static ROOM: Mutex<Option<TempDir>> = Mutex::new(None);

/// A hand-out of the course, written once for all tests.
fn class() -> &'static Path {
    static CLASS: LazyLock<PathBuf> = LazyLock::new(|| {
        let room = tempfile::tempdir().expect("a temporary folder");
        let out = room.path().join("class");
        *ROOM.lock().expect("nobody panics with it") = Some(room);
        let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
        // For those who have the course without git.
        command.arg("--all-files").arg("--out").arg(&out);
        let ended = run(command.current_dir(course()));
        assert_eq!(ended.code(), Some(0), "{ended:#?}");
        // Every file of this course is known.
        assert_eq!(ended.stderr, "");
        out
    });
    &CLASS
}

/// Runs a command to its end, with what Cargo needs of the user's settings.
fn run(command: &mut Command) -> Ended {
    let mut whole = Command::new(command.get_program());
    whole.args(command.get_args()).stdin(Stdio::null());
    if let Some(folder) = command.get_current_dir() {
        whole.current_dir(folder);
    }
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            whole.env(name, value);
        }
    }
    // Where the tests of the lab build as well: the libraries once for both.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("target");
    whole.env("CARGO_TARGET_DIR", target).env("COLUMNS", "80");
    Program::start_as("command", whole)
        .and_then(|program| program.end_within(PATIENCE))
        .expect("the command ends")
}

/// Cargo in the hand-out.
fn cargo(args: &[&str]) -> Ended {
    run(Command::new("cargo").args(args).current_dir(class()))
}

fn lab(args: &[&str]) -> Ended {
    cargo(&[&["lab"], args].concat())
}

/// The texts below a folder, by their paths from it.
fn texts(top: &Path) -> BTreeMap<String, String> {
    let files = WalkDir::new(top).into_iter().flatten();
    files
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(top).ok()?.to_str()?;
            let text = fs::read_to_string(entry.path()).ok()?;
            Some((path.to_owned(), text))
        })
        .collect()
}

fn nothing_of_a_solution_is_in_it() {
    /// Lines that stand in a row in one program and in no other.
    const LINES: usize = 3;
    /// Letters that they have together at least.
    const LETTERS: usize = 90;

    // What two programs of different authors would both have.
    let says = |line: &&str| line.len() >= 8 && !line.starts_with("use ");
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(str::trim)
            .filter(says)
            .map(str::to_owned)
            .collect()
    };
    let is_long = |piece: &[String]| {
        piece.iter().map(String::len).sum::<usize>() >= LETTERS
    };
    let handed = texts(class());
    let printed: BTreeSet<String> = handed
        .iter()
        .filter(|(path, _)| {
            path.contains("/stubs/") || path.starts_with("chapters/0")
        })
        .flat_map(|(_, text)| lines(text))
        .collect();
    let (mut programs, mut pieces) = (0, BTreeMap::new());
    for (path, text) in texts(&course().join("solutions")) {
        let is_right = path.contains("/src/bin/") && !path.contains("proof/")
            || path.contains("/also-right/");
        let lines = lines(&text);
        let own: Vec<_> = lines
            .windows(LINES)
            .filter(|piece| is_long(piece))
            .filter(|piece| !piece.iter().any(|l| printed.contains(l)))
            .map(<[String]>::to_vec)
            .collect();
        if is_right {
            programs += usize::from(!own.is_empty());
            pieces.extend(own.into_iter().map(|piece| (piece, path.clone())));
        }
        let copy = handed.iter().find(|(_, other)| **other == text);
        assert!(
            copy.is_none_or(|_| text.trim().is_empty()),
            "solutions/{path} is {copy:?}"
        );
    }
    // The search means something.
    assert!(programs > 140 && pieces.len() > 1500, "{programs} programs");
    for (path, text) in &handed {
        for piece in lines(text).windows(LINES) {
            if let Some(from) = pieces.get(piece) {
                panic!("{path} has of solutions/{from}: {piece:#?}");
            }
        }
    }
}

fn no_file_in_it_is_for_instructors() {
    let top = class();
    for stays in [
        "solutions",
        "exercises/grade",
        "exercises/handout",
        "exercises/lab/tests",
        "book/src/instructor",
        ".ci",
        ".git",
        ".github/CONTRIBUTING.md",
        ".github/workflows",
        ".lab",
    ] {
        assert!(!top.join(stays).exists(), "{stays}");
    }
    for goes in [
        ".cargo/config.toml",
        ".vscode/tasks.json",
        ".github/page.png",
        "LICENSE-MIT",
        "book/src/introduction.md",
        "chapters/claims/src/main.rs",
        "exercises/03-accept/tests/greeter.rs",
    ] {
        assert!(top.join(goes).is_file(), "{goes}");
    }
}

fn no_text_for_students_speaks_of_giving_up() {
    for (path, text) in texts(class()) {
        let is_read = [".md", ".txt", ".toml", ".json", ".html"]
            .iter()
            .any(|kind| path.ends_with(kind));
        assert!(!(is_read && text.contains("give-up")), "{path}");
        assert!(!text.contains("<!-- not in hand-outs -->\n"), "{path}");
    }
}

fn every_exercise_is_its_stub() {
    let handed = texts(class());
    let mut count = 0;
    for (path, stub) in &handed {
        if path.contains("/stubs/") {
            let file = path.replace("/stubs/", "/src/bin/");
            assert_eq!(handed.get(&file), Some(stub), "{file}");
            count += 1;
        }
    }
    let learners = handed.keys().filter(|path| {
        path.starts_with("exercises/0") && path.contains("/src/bin/")
    });
    assert_eq!(learners.count(), count);
    assert!(count >= 32, "{count} exercises");
}

fn members_and_lock_file_are_those_of_what_is_there() {
    let handed = texts(class());
    let manifest: DocumentMut = handed["Cargo.toml"].parse().expect("TOML");
    let members: BTreeSet<String> = manifest["workspace"]["members"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|member| member.as_str().map(str::to_owned))
        .collect();
    let folders: BTreeSet<String> = handed
        .keys()
        .filter_map(|path| path.strip_suffix("/Cargo.toml"))
        .map(str::to_owned)
        .collect();
    assert_eq!(members, folders);
    // Nothing is new in the lock file, no version another one.
    let all = fs::read_to_string(course().join("Cargo.lock"));
    let all: BTreeSet<String> = locked(&all.expect("Cargo.lock"));
    let own = locked(&handed["Cargo.lock"]);
    assert!(own.is_subset(&all), "{:?}", own.difference(&all));
    assert!(own.len() < all.len(), "nothing was left out");
    let host = host();
    // Whoever has run only this test may not have all of them yet.
    let fetched = cargo(&["fetch", "--locked", "--target", &host]);
    assert_eq!(fetched.code(), Some(0), "{}", fetched.stderr);
    let all = cargo(&[
        "metadata",
        "--locked",
        "--offline",
        "--format-version=1",
        "--filter-platform",
        &host,
    ]);
    assert_eq!(all.code(), Some(0), "{}", all.stderr);
}

/// The packages of a lock file, with their versions.
fn locked(text: &str) -> BTreeSet<String> {
    let document: DocumentMut = text.parse().expect("TOML");
    let packages = document["package"].as_array_of_tables();
    packages
        .expect("packages")
        .iter()
        .map(|package| format!("{} {}", package["name"], package["version"]))
        .collect()
}

/// The kind of this machine, as the compiler names it.
fn host() -> String {
    let ended = run(Command::new("rustc").arg("-vV"));
    let line = ended.stdout.lines().find_map(|l| l.strip_prefix("host: "));
    line.expect("a host").to_owned()
}

fn the_checks_tell_a_stub_from_a_solution() {
    let ended = lab(&["check", EXERCISE]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stdout.contains("not yet 0/2"), "{ended:#?}");
    assert!(
        ended.stdout.contains("cargo lab check greeter"),
        "{ended:#?}"
    );
    // A student who gets there.
    let file = format!("{TOPIC}/src/bin/{EXERCISE}.rs");
    let own = class().join("exercises").join(&file);
    let stub = fs::read(&own).expect("the stub");
    fs::copy(course().join("solutions").join(&file), &own).expect("copied");
    let ended = lab(&["check", EXERCISE]);
    fs::write(&own, stub).expect("written");
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
}

fn the_lab_says_where_solutions_are_and_has_no_way_to_give_up() {
    let help = lab(&["--help"]);
    assert_eq!(help.code(), Some(0), "{help:#?}");
    assert!(help.stdout.contains("solution"), "{help:#?}");
    for gone in ["handout", "grade"] {
        assert!(!help.stdout.contains(gone), "{gone}: {help:#?}");
        assert_eq!(lab(&[gone]).code(), Some(2), "{gone}");
    }
    let help = lab(&["solution", "--help"]);
    assert!(!help.stdout.contains("give-up"), "{help:#?}");
    let ended = lab(&["solution", EXERCISE]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("your instructor"), "{ended:#?}");
    let ended = lab(&["solution", EXERCISE, "--give-up"]);
    assert_eq!(ended.code(), Some(2), "{ended:#?}");
    assert!(ended.stderr.contains("unexpected argument"), "{ended:#?}");
}

fn hints_lists_and_resets_are_as_ever() {
    let ended = lab(&["hint", EXERCISE]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    assert!(ended.stdout.contains("hint 1 of 3"), "{ended:#?}");
    let ended = lab(&["list", TOPIC]);
    assert!(ended.stdout.contains(EXERCISE), "{ended:#?}");
    let ended = lab(&["reset", "dropped"]);
    assert!(ended.stdout.contains("is the stub already"), "{ended:#?}");
    // The next test finds a student without progress.
    fs::remove_dir_all(class().join(".lab")).expect("removed");
}
