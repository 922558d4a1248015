//! The tool on a small course of two exercises: what it takes, what it
//! refuses, and what it leaves when it is stopped.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::fcntl::{Flock, FlockArg};
use tempfile::TempDir;
use testkit::{Ended, Program};

/// What a run may take on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(120);

const MANIFEST: &str = r#"
[workspace]
resolver = "3"
members = ["exercises/00-a", "exercises/judge", "solutions/00-a"]
"#;

const PACKAGE: &str = r#"
[package]
name = "NAME"
version = "0.1.0"
edition = "2024"
"#;

const SUMMARY: &str = "\
# Summary

[One](one.md)

# For instructors

- [Labs](instructor/labs.md)
";

/// As long as a solution must be to be told from an idiom.
const SOLUTION: &str = r#"//! a: count.

use std::process::ExitCode;

fn main() -> ExitCode {
    let counted = (1_u32..=7).filter(|number| number % 3 != 0).count();
    let halved = counted / 2 + usize::from(counted % 2 == 1);
    let message = format!("{counted} numbers, of which half are {halved}");
    println!("{message}");
    ExitCode::SUCCESS
}
"#;

const STUB: &str = "//! a: count.\nfn main() {\n    todo!(\"count\")\n}\n";

/// A course in a folder of its own, with room beside it.
struct Course {
    room: TempDir,
}

impl Course {
    /// A course whose files git tracks.
    fn new() -> Course {
        let course = Course::without_git();
        course.commit();
        course
    }

    fn without_git() -> Course {
        let room = tempfile::tempdir().expect("a temporary folder");
        let course = Course { room };
        for (path, text) in [
            ("Cargo.toml", MANIFEST),
            (".gitignore", "/target/\n"),
            ("README.md", "# A course\n"),
            ("book/src/SUMMARY.md", SUMMARY),
            ("book/src/one.md", "# One\n"),
            ("book/src/instructor/labs.md", "# Labs\n"),
            ("exercises/00-a/stubs/a.rs", STUB),
            ("exercises/00-a/src/bin/a.rs", STUB),
            ("exercises/judge/src/lib.rs", ""),
            ("solutions/00-a/src/bin/a.rs", SOLUTION),
        ] {
            course.write(path, text);
        }
        for (folder, name) in [
            ("exercises/00-a", "ex-00-a"),
            ("exercises/judge", "judge"),
            ("solutions/00-a", "sol-00-a"),
        ] {
            let text = PACKAGE.replace("NAME", name);
            course.write(&format!("{folder}/Cargo.toml"), &text);
        }
        course
    }

    fn top(&self) -> PathBuf {
        self.room.path().join("course")
    }

    /// Where hand-outs are written.
    fn out(&self) -> PathBuf {
        self.room.path().join("class")
    }

    /// Where a hand-out grows.
    fn aside(&self) -> PathBuf {
        self.room.path().join(".class.new")
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.top(), path, text);
    }

    /// The instructor commits all there is, on the first time to a new
    /// repository.
    fn commit(&self) {
        git(&self.top(), &["init", "--quiet"]);
        commit(&self.top());
    }

    /// The tool, as the lab starts it.
    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
        command
            .arg("--out")
            .arg(self.out())
            .args(more)
            .current_dir(self.top())
            .stdin(Stdio::null());
        with_surroundings(&mut command);
        command
    }

    fn hand_out(&self, more: &[&str]) -> Ended {
        end(self.command(more))
    }

    /// The same, which must go well.
    fn handed_out(&self) -> PathBuf {
        let ended = self.hand_out(&[]);
        assert_eq!(ended.code(), Some(0), "{ended:#?}");
        self.out()
    }

    /// The tool refuses, says all of `words` in one line, and leaves nothing.
    fn refuses(&self, more: &[&str], words: &[&str]) {
        let ended = self.hand_out(more);
        assert_eq!(ended.code(), Some(1), "{ended:#?}");
        for part in words {
            assert!(ended.stderr.contains(part), "no {part:?}: {ended:#?}");
        }
        assert_eq!(ended.stderr.trim().lines().count(), 1, "{ended:#?}");
        assert!(!self.out().exists(), "something was written");
        assert!(!self.aside().exists(), "something was left");
    }
}

/// What Cargo and git need to work as they do for the user, and an identity
/// for commits.
fn with_surroundings(command: &mut Command) {
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Instructor");
        command.env(format!("GIT_{who}_EMAIL"), "instructor@example.org");
    }
}

fn end(command: Command) -> Ended {
    Program::start_as("handout", command)
        .and_then(|program| program.end_within(PATIENCE))
        .expect("the tool ends")
}

fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(folder)
        .args(args)
        .stdin(Stdio::null());
    with_surroundings(&mut command);
    let ended = end(command);
    assert_eq!(ended.code(), Some(0), "git {args:?}: {ended:#?}");
    ended.stdout
}

fn commit(folder: &Path) {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "all"]);
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("written");
}

fn read(folder: &Path, path: &str) -> String {
    fs::read_to_string(folder.join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn an_exercise_goes_over_as_its_stub_and_the_solutions_stay() {
    let course = Course::new();
    course.write("exercises/00-a/src/bin/a.rs", SOLUTION);
    course.write("exercises/00-a/src/bin/shown.rs", SOLUTION);
    course.commit();
    let out = course.handed_out();
    assert_eq!(read(&out, "exercises/00-a/src/bin/a.rs"), STUB);
    assert_eq!(read(&out, "exercises/00-a/stubs/a.rs"), STUB);
    assert!(!out.join("exercises/00-a/src/bin/shown.rs").exists());
    assert!(!out.join("solutions").exists());
    assert!(!out.join("book/src/instructor").exists());
    assert_eq!(
        read(&out, "book/src/SUMMARY.md"),
        "# Summary\n\n[One](one.md)\n"
    );
    assert!(!read(&out, "Cargo.toml").contains("solutions"));
    assert!(!read(&out, "Cargo.lock").contains("sol-00-a"));
}

#[test]
fn what_git_does_not_track_stays_and_so_does_progress() {
    let course = Course::new();
    course.write(".lab/progress", "a passed\n");
    course.commit();
    course.write("exercises/grades.csv", "Ada,10\n");
    // An edit goes over without a commit; it is the course's own file.
    course.write("book/src/one.md", "# One\n\nMonday at ten.\n");
    let out = course.handed_out();
    assert!(!out.join("exercises/grades.csv").exists());
    assert!(!out.join(".lab").exists());
    assert!(read(&out, "book/src/one.md").contains("Monday"));
    let list = read(&out, ".handout");
    assert!(list.contains("with one file changed since"), "{list}");
}

#[test]
fn what_the_course_does_not_know_stays_and_is_named() {
    let course = Course::new();
    course.write("marks/ada.csv", "10\n");
    course.write(".pack/checks/a.rs", "// hidden\n");
    course.commit();
    let ended = course.hand_out(&[]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    for name in ["marks", ".pack"] {
        let line = format!("{name} is no part of the course: left out\n");
        assert!(ended.stderr.contains(&line), "{ended:#?}");
        assert!(!course.out().join(name).exists(), "{name}");
    }
    assert!(!ended.stderr.contains("solutions"), "{ended:#?}");
}

#[test]
fn without_git_it_asks_before_it_takes_every_file() {
    let course = Course::without_git();
    course.refuses(&[], &["no git repository", "--all-files"]);
    course.write("target/debug/a", "");
    course.write(".lab/progress", "a passed\n");
    course.write("exercises/more.txt", "more\n");
    let ended = course.hand_out(&["--all-files"]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    let out = course.out();
    assert!(out.join("exercises/more.txt").is_file());
    for stays in ["target", ".lab", "solutions"] {
        assert!(!out.join(stays).exists(), "{stays}");
    }
}

#[test]
fn a_course_that_lies_untracked_in_another_repository_has_no_git() {
    let course = Course::without_git();
    git(course.room.path(), &["init", "--quiet"]);
    course.refuses(&[], &["no git repository"]);
}

#[test]
fn a_tracked_file_that_is_gone_is_named() {
    let course = Course::new();
    fs::remove_file(course.top().join("README.md")).expect("removed");
    let ended = course.hand_out(&[]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    assert!(ended.stderr.contains("README.md"), "{ended:#?}");
}

#[test]
fn a_link_is_refused_since_it_may_lead_anywhere() {
    let course = Course::new();
    let notes = course.top().join("book/src/notes.md");
    symlink("/etc/hostname", notes).expect("a link");
    course.commit();
    course.refuses(&[], &["book/src/notes.md", "no plain file"]);
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let course = Course::new();
    write(&course.out(), "mine.txt", "mine\n");
    let ended = course.hand_out(&[]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("--update"), "{ended:#?}");
    let names = fs::read_dir(course.out()).expect("a folder").count();
    assert_eq!(names, 1);
    assert!(!course.aside().exists());
}

#[test]
fn an_empty_folder_will_do() {
    let course = Course::new();
    fs::create_dir(course.out()).expect("a folder");
    course.handed_out();
}

#[test]
fn a_place_that_cannot_be_is_named() {
    let course = Course::new();
    fs::create_dir(course.top().join("class")).expect("a folder");
    for (out, words) in [
        ("class", "lies in the course"),
        ("exercises/class", "lies in the course"),
        ("../course", "lies in the course"),
        ("../none/class", "make that folder first"),
        ("..", "names no folder"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
        command.args(["--out", out]).current_dir(course.top());
        with_surroundings(&mut command);
        let ended = end(command);
        assert_eq!(ended.code(), Some(1), "{out}: {ended:#?}");
        assert!(ended.stderr.contains(words), "{out}: {ended:#?}");
    }
    let names = fs::read_dir(course.room.path()).expect("a folder").count();
    assert_eq!(names, 1, "only the course");
}

#[test]
fn a_page_that_leads_to_what_stays_is_named_with_its_line() {
    let course = Course::new();
    for line in [
        "See [labs](instructor/labs.md#one).",
        "{{#include ../../solutions/00-a/src/bin/a.rs}}",
        "<a href=\"../../solutions/00-a/src/bin/a.rs\">a</a>",
        "All are in [a folder](../../solutions/00-a/).",
    ] {
        course.write("book/src/one.md", &format!("# One\n\n{line}\n"));
        course.refuses(&[], &["book/src/one.md, line 3,"]);
        let marked = format!("# One\n\n{line} <!-- not in hand-outs -->\n");
        course.write("book/src/one.md", &marked);
        course.handed_out();
        fs::remove_dir_all(course.out()).expect("removed");
    }
}

#[test]
fn a_piece_of_a_solution_is_found_wherever_it_is() {
    let course = Course::new();
    let piece: Vec<&str> = SOLUTION.lines().skip(5).take(3).collect();
    let piece = piece.join("\n");
    for path in ["book/src/one.md", "exercises/judge/src/lib.rs"] {
        let before = read(&course.top(), path);
        course.write(path, &format!("{before}\n{piece}\n"));
        course.refuses(&[], &[path, "solutions/00-a/src/bin/a.rs"]);
        course.write(path, &before);
    }
    course.write("exercises/00-a/stubs/a.rs", SOLUTION);
    course.refuses(&[], &["stubs/a.rs is the solution"]);
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let course = Course::new();
    let mut command = course.command(&[]);
    command.env("CARGO", cargo_that_signals(&course, "TERM"));
    let ended = end(command);
    assert_eq!(ended.signal(), Some(15), "{ended:#?}");
    assert_eq!(ended.stderr, "", "not a word of what failed by it");
    assert!(!course.out().exists());
    assert!(!course.aside().exists());
}

#[test]
fn what_a_killed_run_has_left_goes_with_the_next_one() {
    let course = Course::new();
    let mut command = course.command(&[]);
    command.env("CARGO", cargo_that_signals(&course, "KILL"));
    let ended = end(command);
    assert_eq!(ended.signal(), Some(9), "{ended:#?}");
    assert!(!course.out().exists());
    assert!(course.aside().exists(), "nobody could remove it");
    write(&course.aside(), "strange", "from then\n");
    let out = course.handed_out();
    assert!(!out.join("strange").exists());
    assert!(!course.aside().exists());
}

/// A Cargo that sends the tool a signal, and fails when the tool has removed
/// the folder, or is gone.
fn cargo_that_signals(course: &Course, signal: &str) -> PathBuf {
    let path = course.room.path().join("cargo");
    let script = format!(
        "#!/bin/sh\nhere=$(pwd)\nkill -{signal} $PPID\n\
         while [ -d \"$here\" ] && kill -0 $PPID 2>/dev/null && \
         ! grep -q '^State:.Z' /proc/$PPID/status 2>/dev/null\n\
         do :; done\nexit 1\n"
    );
    fs::write(&path, script).expect("written");
    let mode = PermissionsExt::from_mode(0o755);
    fs::set_permissions(&path, mode).expect("executable");
    path
}

#[test]
fn of_two_runs_one_waits_for_its_turn() {
    let course = Course::new();
    fs::create_dir(course.aside()).expect("a folder");
    let handle = File::open(course.aside()).expect("a folder");
    let lock = Flock::lock(handle, FlockArg::LockExclusive).expect("a lock");
    let ended = course.hand_out(&[]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("another run"), "{ended:#?}");
    assert!(course.aside().exists(), "it is the other run's");
    drop(lock);
    course.handed_out();
}

#[test]
fn a_failing_cargo_is_quoted_and_leaves_nothing() {
    let course = Course::new();
    // A package that goes over needs one that stays.
    let text = PACKAGE.replace("NAME", "judge")
        + "\n[dependencies]\nsol-00-a = { path = \"../../solutions/00-a\" }\n";
    course.write("exercises/judge/Cargo.toml", &text);
    let ended = course.hand_out(&[]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("Cargo.lock"), "{ended:#?}");
    assert!(ended.stderr.contains("sol-00-a"), "{ended:#?}");
    assert!(!course.out().exists());
    assert!(!course.aside().exists());
}

#[test]
fn twice_the_same_course_is_twice_the_same_hand_out() {
    let course = Course::new();
    let out = course.handed_out();
    let once = course.room.path().join("once");
    fs::rename(&out, &once).expect("renamed");
    course.handed_out();
    let files = |top: &Path| {
        let list = read(top, ".handout");
        let paths = list.lines().filter(|line| !line.starts_with('#'));
        let texts = paths.map(|path| (path.to_owned(), read(top, path)));
        (list.clone(), texts.collect::<Vec<_>>())
    };
    assert_eq!(files(&once), files(&out));
}

#[test]
fn a_repository_has_one_commit_with_everything_in_it() {
    let course = Course::new();
    let ended = course.hand_out(&["--git"]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    let out = course.out();
    assert_eq!(git(&out, &["rev-list", "--count", "--all"]), "1\n");
    assert_eq!(git(&out, &["status", "--porcelain", "--ignored"]), "");
    let tracked = git(&out, &["ls-files"]);
    assert!(tracked.contains(".handout"), "{tracked}");
    assert!(!tracked.contains("solutions"), "{tracked}");
}

#[test]
fn an_update_changes_what_changed_and_nothing_else() {
    let course = Course::new();
    course.write("book/src/old.md", "# Old\n");
    course.commit();
    let ended = course.hand_out(&["--git"]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    let out = course.out();
    write(&out, "WEEK-1.md", "the instructor's own\n");
    write(&out, "exercises/00-a/src/bin/a.rs", "// shown in class\n");
    commit(&out);
    // Ignored there, and worth a build.
    write(&out, "target/debug/a", "built\n");

    fs::remove_file(course.top().join("book/src/old.md")).expect("removed");
    course.write("book/src/one.md", "# One, again\n");
    course.write("book/src/more/two.md", "# Two\n");
    course.commit();
    let ended = course.hand_out(&["--update"]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    let told = "1 new, 2 changed, 1 gone";
    assert!(ended.stdout.contains(told), "{ended:#?}");
    let changed = git(&out, &["status", "--porcelain", "-uall"]);
    let changed: Vec<&str> = changed.lines().collect();
    assert_eq!(
        changed,
        [
            " M .handout",
            " D book/src/old.md",
            " M book/src/one.md",
            " M exercises/00-a/src/bin/a.rs",
            "?? book/src/more/two.md",
        ]
    );
    assert!(out.join("WEEK-1.md").is_file());
    assert!(out.join("target/debug/a").is_file());
    assert!(!course.aside().exists());
}

#[test]
fn an_update_loses_no_work() {
    let course = Course::new();
    let ended = course.hand_out(&["--update"]);
    assert!(ended.stderr.contains("no earlier hand-out"), "{ended:#?}");
    let out = course.handed_out();
    let ended = course.hand_out(&["--update"]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("no git repository"), "{ended:#?}");
    git(&out, &["init", "--quiet"]);
    commit(&out);
    write(&out, "book/src/one.md", "# Mine\n");
    let ended = course.hand_out(&["--update"]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("not committed"), "{ended:#?}");
    assert_eq!(read(&out, "book/src/one.md"), "# Mine\n");
}

#[test]
fn an_update_touches_nothing_outside_of_the_folder() {
    let course = Course::new();
    let ended = course.hand_out(&["--git"]);
    assert_eq!(ended.code(), Some(0), "{ended:#?}");
    let out = course.out();
    let room = course.room.path();
    write(room, "mine.txt", "mine\n");
    write(room, "pages/src/one.md", "mine\n");
    // Somebody who may push to it wants the instructor to remove a file.
    let list = read(&out, ".handout");
    write(&out, ".handout", &format!("{list}../mine.txt\n"));
    commit(&out);
    let ended = course.hand_out(&["--update"]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("leads out of it"), "{ended:#?}");
    assert_eq!(read(room, "mine.txt"), "mine\n");
    // Or to write one.
    write(&out, ".handout", &list);
    fs::remove_dir_all(out.join("book")).expect("removed");
    symlink(room.join("pages"), out.join("book")).expect("a link");
    commit(&out);
    let ended = course.hand_out(&["--update"]);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("leads out of it"), "{ended:#?}");
    assert_eq!(read(room, "pages/src/one.md"), "mine\n");
}

#[test]
fn a_hand_out_is_made_of_the_whole_course_only() {
    let course = Course::new();
    let out = course.handed_out();
    let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
    command.args(["--out", "../again"]).current_dir(out);
    with_surroundings(&mut command);
    let ended = end(command);
    assert_eq!(ended.code(), Some(1), "{ended:#?}");
    assert!(ended.stderr.contains("a hand-out already"), "{ended:#?}");
}

#[test]
fn misuse_has_exit_code_2_and_the_help_an_example() {
    let run = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handout"));
        command.args(args);
        end(command)
    };
    assert_eq!(run(&[]).code(), Some(2));
    assert_eq!(run(&["--out", "x", "--git", "--update"]).code(), Some(2));
    let help = run(&["--help"]);
    assert_eq!(help.code(), Some(0));
    assert!(help.stdout.contains("Example: cargo lab handout"));
}
