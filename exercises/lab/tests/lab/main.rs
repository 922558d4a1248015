//! The lab as a learner uses it: in a copy of the course, with and without a
//! terminal.

mod copy;
mod terminal;

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::Arguments;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use regex::Regex;
use serde_json::Value;
use testkit::{Ended, trial};

use copy::{Copy, EXERCISE};
use terminal::Terminal;

fn main() -> ExitCode {
    let all: [(&str, Test); 27] = [
        ("every_help_has_an_example", helps),
        ("the_first_time_it_says_welcome", first_time),
        ("a_stub_fails_and_a_solution_passes", verdicts),
        (
            "a_compile_error_is_the_compilers_words_alone",
            compile_error,
        ),
        ("a_hanging_program_is_told_where_it_sits", hang),
        ("a_half_typed_neighbour_stops_nobody", neighbour),
        ("verdicts_come_as_data", json),
        ("one_check_and_one_seed_again", again),
        ("all_that_is_begun_is_checked_in_one_go", check_all),
        ("a_wrong_name_gets_the_nearest_and_exit_code_2", misnamed),
        ("hints_come_one_by_one", hints),
        ("a_solution_is_for_those_who_passed_or_gave_up", solution),
        ("a_reset_keeps_the_work", reset),
        ("a_bet_is_settled_by_the_kernel", bet),
        ("a_damaged_line_of_progress_is_told_and_kept", damaged),
        ("two_of_them_lose_nothing", side_by_side),
        ("watch_needs_no_keyboard", no_keyboard),
        ("colours_only_where_they_are_wanted", colours),
        ("any_width_will_do", widths),
        ("a_list_shows_every_bet_and_exercise", lists),
        ("where_another_cargo_works_it_says_so", locked),
        ("an_editor_finds_the_place_of_an_error", problem_matchers),
        ("plain_mode_wipes_nothing", plain),
        ("watch_answers_a_save_and_every_key", watch),
        ("watch_answers_while_a_program_hangs", watch_hang),
        ("watch_goes_on_in_the_middle_of_a_run", watch_next),
        ("ctrl_c_leaves_no_process_and_a_sane_terminal", ctrl_c),
    ];
    let pictures: [(&str, Test); 2] = [
        ("a_picture_shows_what_a_program_does", picture),
        ("a_picture_shows_where_a_program_hangs", picture_of_a_hang),
    ];
    let all = all.map(|(name, run)| trial(name, &[], run));
    let needs = &["capture", "tool:strace"];
    let pictures = pictures.map(|(name, run)| trial(name, needs, run));
    let trials = all.into_iter().chain(pictures).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

type Test = fn() -> Result<()>;

/// A program that takes one client and then waits for it for ever.
const HANGS: &str = r#"//! Waits for a client that has nothing to say.
use std::io::Read;
use std::net::TcpListener;

fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!("listening on {}", listener.local_addr().expect("address"));
    let mut clients = Vec::new();
    loop {
        let (mut client, _) = listener.accept().expect("accept");
        let _ = client.read(&mut [0; 8]);
        clients.push(client);
    }
}
"#;

fn exits(ended: &Ended, code: i32) -> Result<()> {
    ensure!(ended.code() == Some(code), "exit code {code}: {ended:#?}");
    Ok(())
}

fn says(text: &str, part: &str) -> Result<()> {
    ensure!(text.contains(part), "no {part:?} in\n{text}");
    Ok(())
}

fn helps() -> Result<()> {
    let copy = Copy::fresh()?;
    for command in [
        "list", "run", "check", "watch", "bet", "hint", "solution", "reset",
        "doctor", "trace", "claims", "grade", "handout",
    ] {
        let ended = copy.lab(&[command, "--help"])?;
        exits(&ended, 0)?;
        says(&ended.stdout, &format!("cargo lab {command}"))?;
        says(&ended.stdout, "Example: cargo lab")?;
    }
    let ended = copy.lab(&["frobnicate"])?;
    exits(&ended, 2)
}

/// A program of the book, by its name, and what is wrong with a name.
fn picture() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["trace", "connect"])?;
    exits(&ended, 0)?;
    for part in [
        "SYN + ACK",
        "accept queue: 1",
        "FIN: end of stream",
        "exit 0",
    ] {
        says(&ended.stdout, part)?;
    }
    let ended = copy.lab(&["trace", "conect"])?;
    exits(&ended, 2)?;
    says(&ended.stderr, "did you mean connect?")?;
    let ended = copy.lab(&["trace", "connect", "--check", "x"])?;
    exits(&ended, 2)?;
    copy.writes("fn main() { let x: i32 = \"\"; }\n")?;
    let ended = copy.lab(&["trace", EXERCISE])?;
    exits(&ended, 1)?;
    says(&ended.stderr, "mismatched types")
}

/// A server that takes one client and waits for it for ever: the second one
/// is never greeted, and the picture shows the call that does not return.
fn picture_of_a_hang() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(HANGS)?;
    let ended = copy.lab(&["trace", EXERCISE])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "never returned")?;
    says(&ended.stdout, "client A connects")?;
    says(&ended.stdout, &format!("{EXERCISE}/"))?;
    says(&ended.stdout, "fails")
}

fn first_time() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&[])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "Welcome.")?;
    says(&ended.stdout, "Next: cargo lab")?;
    copy.lab(&["hint", EXERCISE])?;
    let ended = copy.lab(&[])?;
    ensure!(!ended.stdout.contains("Welcome"), "{}", ended.stdout);
    Ok(())
}

fn verdicts() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["check", EXERCISE])?;
    exits(&ended, 1)?;
    says(&ended.stdout, "not yet")?;
    says(&ended.stdout, "not yet implemented")?;
    ensure!(copy.progress().is_empty(), "{}", copy.progress());
    copy.writes(&copy.solution()?)?;
    let ended = copy.lab(&["check", EXERCISE])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "Next: ")?;
    says(&copy.progress(), "greeter passed\n")
}

fn compile_error() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes("fn main() { let x: u8 = \"no\"; }\n")?;
    let ended = copy.lab(&["check", EXERCISE])?;
    exits(&ended, 1)?;
    says(&ended.stderr, "error[E0308]: mismatched types")?;
    says(&ended.stderr, &format!("{}:1:", copy::file()))?;
    ensure!(ended.stdout.is_empty(), "{}", ended.stdout);
    Ok(())
}

fn hang() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(HANGS)?;
    let ended = copy.lab(&["check", EXERCISE])?;
    exits(&ended, 1)?;
    if cfg!(target_os = "linux") {
        says(&ended.stdout, "is still in recv on descriptor")?;
    }
    no_process_is_left()
}

fn neighbour() -> Result<()> {
    let copy = Copy::fresh()?;
    let neighbour = "exercises/03-accept/src/bin/dropped.rs";
    let before = copy.read(neighbour)?;
    copy.write(neighbour, "fn main() { half typed")?;
    copy.writes(&copy.solution()?)?;
    let ended = copy.lab(&["check", EXERCISE]);
    copy.write(neighbour, &before)?;
    exits(&ended?, 0)
}

fn json() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(&copy.solution()?)?;
    let ended = copy.lab(&["check", EXERCISE, "--json"])?;
    exits(&ended, 0)?;
    ensure!(ended.stdout.lines().count() >= 4, "{}", ended.stdout);
    for line in ended.stdout.lines() {
        let value: Value = serde_json::from_str(line)?;
        ensure!(value["exercise"] == EXERCISE, "{line}");
        ensure!(value["verdict"] == "passed", "{line}");
    }
    copy.writes("fn main() { let x: u8 = \"no\"; }\n")?;
    let ended = copy.lab(&["check", EXERCISE, "--json"])?;
    exits(&ended, 1)?;
    let value: Value = serde_json::from_str(&ended.stdout)?;
    ensure!(value["verdict"] == "compile-error", "{value}");
    says(&value["message"].to_string(), "E0308")
}

fn again() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(&copy.solution()?)?;
    let check = "the_first_client_is_greeted_and_let_go";
    let args = ["check", EXERCISE, "--check", check, "--seed", "5f1c"];
    let ended = copy.lab(&args)?;
    exits(&ended, 0)?;
    says(&ended.stdout, "the first client is greeted and let go")?;
    ensure!(ended.stdout.matches("ok ").count() == 1, "{}", ended.stdout);
    // A part of the checks is no pass.
    ensure!(!copy.progress().contains("passed"), "{}", copy.progress());
    let ended = copy.lab(&["check", EXERCISE, "--seed", "xyz"])?;
    exits(&ended, 2)
}

fn check_all() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(&copy.solution()?)?;
    let ended = copy.lab(&["check", "--all"])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "greeter: ")?;
    ensure!(!ended.stdout.contains("dropped"), "{}", ended.stdout);
    Ok(())
}

fn misnamed() -> Result<()> {
    let copy = Copy::fresh()?;
    for args in [
        &["check", "greter"][..],
        &["hint", "greter"],
        &["reset", "greter"],
        &["solution", "greter"],
    ] {
        let ended = copy.lab(args)?;
        exits(&ended, 2)?;
        says(&ended.stderr, "did you mean greeter?")?;
    }
    let ended = copy.lab(&["run", "accpt"])?;
    exits(&ended, 2)?;
    says(&ended.stderr, "did you mean accept?")
}

fn hints() -> Result<()> {
    let copy = Copy::fresh()?;
    for (shown, left) in [(1, "2 more are"), (2, "one more is"), (3, "none is")]
    {
        let ended = copy.lab(&["hint", EXERCISE])?;
        exits(&ended, 0)?;
        says(&ended.stdout, &format!("hint {shown} of 3"))?;
        says(&ended.stdout, &format!("{left} left"))?;
    }
    let ended = copy.lab(&["hint", EXERCISE])?;
    says(&ended.stdout, "all the hints")?;
    says(&copy.progress(), "greeter hints 3\n")
}

fn solution() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["solution", EXERCISE])?;
    exits(&ended, 2)?;
    says(&ended.stderr, "--give-up")?;
    let ended = copy.lab(&["solution", EXERCISE, "--give-up"])?;
    exits(&ended, 0)?;
    says(&ended.stdout, &copy.solution()?)?;
    says(&ended.stdout, "\n-    todo!(")?;
    says(&copy.progress(), "greeter gave-up\n")?;
    exits(&copy.lab(&["solution", EXERCISE])?, 0)
}

fn reset() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["reset", EXERCISE])?;
    says(&ended.stdout, "is the stub already")?;
    copy.writes("// my work\n")?;
    let ended = copy.lab(&["reset", EXERCISE])?;
    exits(&ended, 0)?;
    ensure!(copy.own()? == copy.stub()?, "the stub is not back");
    let kept = ended
        .stdout
        .trim()
        .rsplit(' ')
        .next()
        .context("the kept file's name")?;
    ensure!(copy.read(kept)? == "// my work\n", "{kept}");
    // A deleted file is as good a reason.
    copy.delete()?;
    let ended = copy.lab(&["check", EXERCISE])?;
    exits(&ended, 1)?;
    says(
        &ended.stderr,
        "greeter.rs is missing; `cargo lab reset greeter`",
    )?;
    let ended = copy.lab(&["reset", EXERCISE])?;
    says(&ended.stdout, "was missing and is the stub again")?;
    ensure!(copy.own()? == copy.stub()?, "the stub is not back");
    Ok(())
}

fn bet() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["bet", "03", "--answer", "99"])?;
    exits(&ended, 2)?;
    let ended = copy.lab(&["bet", "03", "--answer", "1"])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "Your kernel")?;
    says(&ended.stdout, "The lesson: book/src/03-accept/")?;
    let progress = copy.progress();
    ensure!(
        progress.contains(" won\n") || progress.contains(" lost\n"),
        "{progress}"
    );
    // Nobody answers: no verdict, no change.
    let ended = copy.lab(&["bet"])?;
    exits(&ended, 2)?;
    ensure!(copy.progress() == progress);
    Ok(())
}

fn damaged() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.write(
        ".lab/progress",
        "greeter passed\ngreeter pas\u{fffd}ed\nfrom a newer version\n",
    )?;
    let ended = copy.lab(&["hint", EXERCISE])?;
    exits(&ended, 0)?;
    says(&ended.stderr, ".lab/progress:2: not understood")?;
    says(&ended.stderr, ".lab/progress:3: not understood")?;
    let progress = copy.progress();
    for line in ["greeter passed\n", "greeter hints 1\n", "from a newer"] {
        says(&progress, line)?;
    }
    Ok(())
}

/// What one `cargo lab` notes, another beside it does not undo.
fn side_by_side() -> Result<()> {
    let copy = Copy::fresh()?;
    let command = copy.command(&["watch", EXERCISE, "--plain"]);
    let mut t = Terminal::open(command, 80)?;
    t.sees("\ndone greeter")?;
    copy.lab(&["hint", "ask"])?;
    t.types("h\n")?;
    t.sees("hint 1 of 3")?;
    t.types("q\n")?;
    t.ends()?;
    let progress = copy.progress();
    says(&progress, "ask hints 1\n")?;
    says(&progress, "greeter hints 1\n")
}

/// Without a keyboard it goes on until it is told to end.
fn no_keyboard() -> Result<()> {
    let copy = Copy::fresh()?;
    // So that the judge is built when the clock starts.
    copy.lab(&["check", EXERCISE])?;
    let mut command = copy.command(&["watch", EXERCISE]);
    command.stdin(Stdio::null());
    let lab = testkit::Program::start_as("lab", command)?;
    lab.line_with("done greeter")?;
    copy.writes(&copy.solution()?)?;
    lab.line_with("greeter: 8 of 8 points")?;
    lab.signal(Signal::SIGTERM)?;
    lab.end()?;
    Ok(())
}

fn colours() -> Result<()> {
    let copy = Copy::fresh()?;
    let plain = copy.lab(&["check", EXERCISE])?;
    ensure!(!plain.stdout.contains('\x1b'), "{}", plain.stdout);
    for (set, coloured) in [
        ([("TERM", "xterm-256color"), ("A", "")], true),
        ([("TERM", "xterm-256color"), ("NO_COLOR", "1")], false),
        ([("TERM", "dumb"), ("A", "")], false),
    ] {
        let mut command = copy.command(&["check", EXERCISE]);
        command.envs(set);
        let mut terminal = Terminal::open(command, 80)?;
        terminal.sees("greeter: 0 of")?;
        let all = terminal.all();
        let has = all.contains("\x1b[3") || all.contains("\x1b[1");
        ensure!(has == coloured, "{set:?}: {all}");
        terminal.ends()?;
    }
    Ok(())
}

fn widths() -> Result<()> {
    let copy = Copy::fresh()?;
    for columns in [0, 20, 40, 300] {
        for args in [&[][..], &["check", EXERCISE], &["run"]] {
            let mut terminal = Terminal::open(copy.command(args), columns)?;
            if args.is_empty() {
                terminal.sees("Next: ")?;
            }
            let status = terminal.ends()?;
            ensure!(status.code().is_some_and(|c| c < 2), "{status}");
        }
    }
    Ok(())
}

/// `cargo lab watch` for a terminal that can be drawn on.
fn watcher(copy: &Copy) -> Command {
    let mut command = copy.command(&["watch", EXERCISE]);
    command.env("TERM", "xterm-256color");
    command
}

/// In plain mode nothing is wiped, and keys are lines.
fn plain() -> Result<()> {
    let copy = Copy::fresh()?;
    let command = copy.command(&["watch", EXERCISE, "--plain"]);
    let mut t = Terminal::open(command, 80)?;
    t.sees("greeter: 0 of")?;
    t.sees("\ndone greeter")?;
    t.types("h\n")?;
    t.sees("hint 1 of 3")?;
    copy.writes(&copy.solution()?)?;
    t.sees("\nbuilding greeter")?;
    t.sees("greeter: 8 of")?;
    t.sees("\ndone greeter")?;
    t.types("q\n")?;
    let all = t.all();
    for wipe in ["\x1b[H", "\x1b[2J", "\x1b[K"] {
        ensure!(!all.contains(wipe), "{}", all.escape_debug());
    }
    let status = t.ends()?;
    ensure!(status.code() == Some(0), "{status}");
    Ok(())
}

/// The tasks for VS Code: what `cargo lab watch --plain` prints begins and ends
/// a run as they expect it, and leads to the line.
fn problem_matchers() -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.vscode/tasks.json");
    let tasks: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
    let task = &tasks["tasks"][0];
    says(&task["command"].to_string(), "cargo lab watch --plain")?;
    let [compiler, panic] = [0, 1].map(|at| &task["problemMatcher"][at]);
    let copy = Copy::fresh()?;
    for (matcher, last, source) in [
        (compiler, &compiler["pattern"][1], "fn main() { 1 + }\n"),
        (panic, &panic["pattern"], "fn main() {\n    todo!()\n}\n"),
    ] {
        copy.writes(source)?;
        let mut command = copy.command(&["watch", EXERCISE, "--plain"]);
        command.env("NO_COLOR", "1");
        let mut t = Terminal::open(command, 200)?;
        t.sees("\ndone greeter")?;
        t.types("q\n")?;
        let told = t.all().replace('\r', "");
        t.ends()?;
        let background = &matcher["background"];
        for pattern in
            [&background["beginsPattern"], &background["endsPattern"]]
        {
            ensure!(matches(pattern, &told)?.is_some(), "{pattern}: {told}");
        }
        let found = matches(&last["regexp"], &told)?
            .with_context(|| format!("{last}: {told}"))?;
        let at = |part: &str| {
            let group = last[part].as_u64().unwrap_or(0);
            usize::try_from(group)
                .ok()
                .and_then(|g| found.get(g).cloned())
        };
        ensure!(at("file") == Some(copy::file()), "{found:?}");
        ensure!(at("line").is_some_and(|line| line != "0"), "{found:?}");
    }
    Ok(())
}

/// The groups of the first line that a pattern matches.
fn matches(pattern: &Value, text: &str) -> Result<Option<Vec<String>>> {
    let pattern = pattern.as_str().context("a pattern")?;
    let regex = Regex::new(pattern)?;
    Ok(text
        .lines()
        .find_map(|line| regex.captures(line))
        .map(|found| {
            let groups = found.iter().flatten();
            groups.map(|group| group.as_str().to_owned()).collect()
        }))
}

/// What Cargo holds while it builds; only where it has built before.
fn lock() -> Result<Flock<File>> {
    let file = File::open(copy::target().join("debug/.cargo-lock"))?;
    let lock = Flock::lock(file, FlockArg::LockExclusive);
    Ok(lock.map_err(|(_, error)| error)?)
}

/// Another Cargo has the lock, and lets it go when that has been told.
fn locked() -> Result<()> {
    let copy = Copy::fresh()?;
    // So that there is a lock.
    copy.lab(&["check", EXERCISE])?;
    let lock = lock()?;
    let mut command = copy.command(&["check", EXERCISE]);
    command.env("NO_COLOR", "1");
    let mut t = Terminal::open(command, 80)?;
    t.sees("Another Cargo is at work here")?;
    drop(lock);
    t.sees("greeter: 0 of")?;
    t.ends()?;
    Ok(())
}

fn lists() -> Result<()> {
    let copy = Copy::fresh()?;
    let ended = copy.lab(&["list"])?;
    exits(&ended, 0)?;
    says(&ended.stdout, "  make   greeter")?;
    says(&ended.stdout, "  break  crowd-judge")?;
    let ended = copy.lab(&["list", "03"])?;
    ensure!(!ended.stdout.contains("crowd-judge"), "{}", ended.stdout);
    let ended = copy.lab(&["list", "03-acept"])?;
    exits(&ended, 2)?;
    says(&ended.stderr, "did you mean 03-accept?")
}

fn watch() -> Result<()> {
    let copy = Copy::fresh()?;
    let mut t = Terminal::open(watcher(&copy), 80)?;
    t.sees("not yet")?;
    t.types("n")?;
    t.sees("Not yet: `n` leads on")?;
    t.types("h")?;
    t.sees("hint 1 of 3")?;
    copy.writes(&copy.solution()?)?;
    t.sees("on to the next one")?;
    t.types("l")?;
    t.sees("ok 03-accept greeter")?;
    t.types("s")?;
    t.sees("Yours is the reference")?;
    t.types("x")?;
    t.sees("your work is in .lab/kept/greeter-")?;
    // The reset is a save too.
    t.sees("greeter: 0 of 8 points, not yet")?;
    // No room for more than the first failure's story.
    let all = t.all();
    let (_, last) = all.rsplit_once("\x1b[2J").context("a screen")?;
    says(last, "again: cargo lab check")?;
    ensure!(!last.contains("  expected: the program stops"), "{last}");
    copy.writes("fn main() { half typed")?;
    t.sees("error")?;
    t.types("q")?;
    let status = t.ends()?;
    ensure!(status.code() == Some(0), "{status}");
    Ok(())
}

fn watch_hang() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(HANGS)?;
    let mut t = Terminal::open(watcher(&copy), 80)?;
    wait_for("the learner's program", || !running().is_empty())?;
    // It blocks now, for 5 s at least; keys are answered meanwhile.
    t.types("h")?;
    t.sees("hint 1 of 3")?;
    t.types("h")?;
    t.sees("hint 2 of 3")?;
    // A save ends that run and begins another.
    copy.writes(&copy.solution()?)?;
    t.sees("on to the next one")?;
    t.types("q")?;
    t.ends()?;
    no_process_is_left()
}

/// Going on in the middle of a run: what it has told, also that it was
/// cancelled, is not taken for the next exercise's.
fn watch_next() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.write(".lab/progress", "greeter passed\n")?;
    copy.writes(HANGS)?;
    let mut t = Terminal::open(watcher(&copy), 80)?;
    wait_for("the learner's program", || !running().is_empty())?;
    t.types("n")?;
    t.sees("points, not yet")?;
    let all = t.all();
    ensure!(!all.contains("cancelled"), "{}", all.escape_debug());
    let (_, last) = all.rsplit_once("\x1b[2J").context("a screen")?;
    ensure!(!last.contains("is greeted and let go"), "{last}");
    t.types("q")?;
    t.ends()?;
    no_process_is_left()
}

fn ctrl_c() -> Result<()> {
    let copy = Copy::fresh()?;
    copy.writes(HANGS)?;
    for how in ["\x03", "\x1c", "SIGTERM", "SIGHUP"] {
        let mut t = Terminal::open(watcher(&copy), 80)?;
        wait_for("the learner's program", || !running().is_empty())?;
        match how {
            "SIGTERM" => t.signal(Signal::SIGTERM)?,
            "SIGHUP" => t.signal(Signal::SIGHUP)?,
            keys => t.types(keys)?,
        }
        t.ends()?;
        no_process_is_left()?;
    }
    let mut t = Terminal::open(copy.command(&["check", EXERCISE]), 80)?;
    wait_for("the learner's program", || !running().is_empty())?;
    t.types("\x03")?;
    let status = t.ends()?;
    ensure!(status.signal() == Some(Signal::SIGINT as i32), "{status}");
    no_process_is_left()?;
    // The same while Cargo is at work.
    let lock = lock()?;
    for command in ["check", "watch"] {
        let command = copy.command(&[command, EXERCISE]);
        let mut t = Terminal::open(command, 200)?;
        t.sees("Another Cargo is at work here")?;
        t.types("\x03")?;
        t.ends()?;
        no_process_is_left()?;
    }
    drop(lock);
    // Without a terminal's Ctrl-C: the lab is killed, and nobody is left.
    let mut command = copy.command(&["check", EXERCISE]);
    command.stdin(Stdio::null());
    let lab = testkit::Program::start_as("lab", command)?;
    wait_for("the learner's program", || !running().is_empty())?;
    lab.signal(Signal::SIGKILL)?;
    lab.end()?;
    no_process_is_left()
}

/// The learner's programs that run now.
fn running() -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let name = format!("ex-{EXERCISE}\0");
    entries
        .filter(|entry| {
            let line = fs::read(entry.path().join("cmdline"));
            let line = line.unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&name)
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

fn no_process_is_left() -> Result<()> {
    wait_for("the end of the learner's programs", || running().is_empty())
}

fn wait_for(what: &str, look: impl Fn() -> bool) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(60);
    while !look() {
        if Instant::now() > until {
            bail!("no sign of {what}: {:?}", running());
        }
        // Another process's child gives no event: look again.
        nix::poll::poll(&mut [], 5_u8)?;
    }
    Ok(())
}
