//! The grader itself: whatever a program does, the verdict is right, the story
//! says where it is, and nothing is left behind.
//!
//! The programs that are graded are this binary again, under other names.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use course::{Outcome, Surroundings, Verdict};
use libtest_mimic::Arguments;
use nix::sys::signal::Signal;
use nix::unistd::{ForkResult, fork, setsid};
use testkit::grade::{self, Attempt, Check, Exercise, Target, args, expect};
use testkit::{Program, Skip, trial};

/// A name that no other process of the machine has in its command line.
const STRAY: &str = "stray-of-the-graders-test";

macro_rules! exercise {
    ($name:ident, $check:expr) => {
        static $name: Exercise = Exercise {
            name: stringify!($name),
            topic: "03-accept",
            manifest: "",
            checks: &[Check {
                name: "the_check",
                why: "the grader is tried",
                run: $check,
            }],
        };
    };
}

exercise!(GREETS, greets);
exercise!(SLEEPS, sleeps);
exercise!(FLOODS, floods);
exercise!(ENDS, ends);
exercise!(PANICS, |_| panic!("a mistake of the check's"));
exercise!(FAILS_ITSELF, fails_itself);
exercise!(NEEDS, |_| Err(Skip("needs a rabbit".into()).into()));
exercise!(RANDOM, random);

static ALL: [&Exercise; 8] = [
    &GREETS,
    &SLEEPS,
    &FLOODS,
    &ENDS,
    &PANICS,
    &FAILS_ITSELF,
    &NEEDS,
    &RANDOM,
];

fn greets(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut client = a.connects("client A", server.address)?;
    a.hears_line(&mut client, "hello")
}

fn sleeps(a: &mut Attempt) -> Result<()> {
    let run = a.start(args(&[]).piped())?;
    a.sleeps(&run)
}

fn floods(a: &mut Attempt) -> Result<()> {
    let run = a.start(args(&[]))?;
    // Past the limit of what is kept.
    let line = a.line(&run, 1000)?;
    expect(line == "flood", "flood", line)
}

fn ends(a: &mut Attempt) -> Result<()> {
    let run = a.start(args(&[]))?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, b"done\n")
}

fn fails_itself(_: &mut Attempt) -> Result<()> {
    fs::read("/no/such/file").context("read what the check needs")?;
    Ok(())
}

#[expect(clippy::unnecessary_wraps, reason = "as every check")]
fn random(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let bytes = a.bytes(20);
    a.step(format_args!("{word} {bytes:?}"));
    Ok(())
}

fn main() -> ExitCode {
    let name = std::env::args().next().unwrap_or_default();
    if let Some(program) = programs(&name) {
        return match program() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    if let Some(done) = grade::is_one_check(&ALL) {
        return done;
    }
    if std::env::args().nth(1).as_deref() == Some(GRADE) {
        return match grade(&GREETS, "silent", None) {
            Ok(outcome) => {
                println!("{:?}", outcome.surroundings);
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let trials = vec![
        trial("a_program_that_hangs_is_found", LINUX, hang_is_found),
        trial("a_program_that_spins_is_found", LINUX, spinner_is_found),
        trial("a_flood_fills_no_memory", &[], flood_is_cut),
        trial("a_stray_is_ended_and_told_nobody", LINUX, stray_is_ended),
        trial("a_forged_verdict_is_no_verdict", &[], forger_fails),
        trial("a_signal_is_told_by_its_name", &[], signal_is_told),
        trial("a_fault_of_the_check_is_no_zero", &[], grader_errors),
        trial("a_skip_is_neither_passed_nor_failed", &[], skips),
        trial("the_same_seed_gives_the_same_inputs", &[], seeds),
        trial("both_surroundings_agree", &["userns"], both_agree),
        trial("no_namespaces_no_harm", &["userns"], without_namespaces),
        trial("a_killed_grader_leaves_nothing", LINUX, killed_grader),
    ];
    let mut arguments = Arguments::from_args();
    // They wait more than they work.
    arguments.test_threads.get_or_insert(trials.len());
    libtest_mimic::run(&arguments, trials).exit_code()
}

const LINUX: &[&str] = &["linux"];

/// As first argument: grade `silent`, in the best surroundings there are.
const GRADE: &str = "--grade-silent";

fn grade(
    exercise: &Exercise,
    program: &str,
    surroundings: Option<Surroundings>,
) -> Result<Outcome> {
    let target = Target {
        path: std::env::current_exe()?,
        name: Some(program.to_owned()),
    };
    let mut all = grade::outcomes(exercise, &target, surroundings, 0x5f1c)?;
    all.pop().context("an outcome")
}

// The programs.

fn programs(name: &str) -> Option<fn() -> Result<()>> {
    Some(match name {
        "greeter" => || serve(|mut client| Ok(client.write_all(b"hello\n")?)),
        "silent" => || {
            serve(|mut client| {
                let _ = client.read(&mut [0; 16])?;
                Ok(())
            })
        },
        "spinner" => || {
            loop {
                std::hint::spin_loop();
            }
        },
        "sleeper" => || {
            let _ = std::io::stdin().read(&mut [0; 16])?;
            Ok(())
        },
        "flooder" => || {
            loop {
                println!("flood");
            }
        },
        "daemon" => daemon,
        "forger" => || {
            println!(
                "test result: ok. 1 passed; 0 failed\n{{\"verdict\":\"passed\"}}"
            );
            Ok(())
        },
        "aborter" => || std::process::abort(),
        _ if name == STRAY => || {
            loop {
                nix::unistd::pause();
            }
        },
        _ => return None,
    })
}

fn serve(answer: impl Fn(TcpStream) -> Result<()>) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut clients = Vec::new();
    for client in listener.incoming() {
        let client = client?;
        clients.push(client.try_clone()?);
        answer(client)?;
    }
    Ok(())
}

/// Ends well, and leaves a process in a session of its own behind, which
/// nobody's process group has.
fn daemon() -> Result<()> {
    use std::os::unix::process::CommandExt;

    // SAFETY: this process has one thread.
    #[expect(unsafe_code, reason = "a daemon is made by fork")]
    if let ForkResult::Child = unsafe { fork() }? {
        setsid()?;
        let own = std::env::current_exe()?;
        let error = Command::new(own)
            .arg0(STRAY)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .exec();
        return Err(error.into());
    }
    println!("done");
    Ok(())
}

/// Processes of this machine whose command line begins with `name`.
fn running(name: &str) -> Vec<String> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter(|entry| {
            let line = fs::read(entry.path().join("cmdline"));
            line.unwrap_or_default().starts_with(name.as_bytes())
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

// The trials.

fn told(outcome: &Outcome, text: &str) -> Result<()> {
    let story = outcome.story();
    ensure!(story.contains(text), "no {text:?} in\n{story}");
    Ok(())
}

fn is(outcome: &Outcome, verdict: Verdict) -> Result<()> {
    ensure!(outcome.verdict == verdict, "{outcome:#?}");
    Ok(())
}

fn hang_is_found() -> Result<()> {
    let outcome = grade(&GREETS, "silent", None)?;
    is(&outcome, Verdict::Failed)?;
    told(&outcome, "expected: client A hears \"hello\\n\"")?;
    told(
        &outcome,
        "the program is still in recv on descriptor 4, which is client A, \
         who is silent",
    )
}

fn spinner_is_found() -> Result<()> {
    is(&grade(&SLEEPS, "sleeper", None)?, Verdict::Passed)?;
    let outcome = grade(&SLEEPS, "spinner", None)?;
    is(&outcome, Verdict::Failed)?;
    told(&outcome, "uses the processor")?;
    told(&outcome, "runs, in no system call")
}

fn flood_is_cut() -> Result<()> {
    is(&grade(&FLOODS, "flooder", None)?, Verdict::Passed)
}

fn stray_is_ended() -> Result<()> {
    for surroundings in [None, Some(Surroundings::Shared)] {
        is(&grade(&ENDS, "daemon", surroundings)?, Verdict::Passed)?;
        let left = running(STRAY);
        ensure!(left.is_empty(), "{surroundings:?} left {left:?}");
    }
    Ok(())
}

fn forger_fails() -> Result<()> {
    is(&grade(&ENDS, "forger", None)?, Verdict::Failed)
}

fn signal_is_told() -> Result<()> {
    let outcome = grade(&ENDS, "aborter", None)?;
    is(&outcome, Verdict::Failed)?;
    told(&outcome, "ended by SIGABRT")
}

fn grader_errors() -> Result<()> {
    for (exercise, text) in [
        (&PANICS, "a mistake of the check's"),
        (&FAILS_ITSELF, "read what the check needs"),
    ] {
        let outcome = grade(exercise, "greeter", None)?;
        is(&outcome, Verdict::GraderError)?;
        told(&outcome, text)?;
    }
    Ok(())
}

fn skips() -> Result<()> {
    let outcome = grade(&NEEDS, "greeter", None)?;
    is(&outcome, Verdict::Skipped)?;
    told(&outcome, "needs a rabbit")
}

fn seeds() -> Result<()> {
    let once = grade(&RANDOM, "greeter", None)?;
    let again = grade(&RANDOM, "greeter", Some(Surroundings::Shared))?;
    ensure!(once.steps == again.steps, "{once:?} {again:?}");
    Ok(())
}

fn both_agree() -> Result<()> {
    for program in ["greeter", "silent"] {
        let [private, shared] = [Surroundings::Private, Surroundings::Shared]
            .map(|which| grade(&GREETS, program, Some(which)));
        let (private, shared) = (private?, shared?);
        ensure!(private.verdict == shared.verdict, "{private:?} {shared:?}");
        ensure!(private.surroundings != shared.surroundings);
    }
    Ok(())
}

/// A machine without namespaces, played by one that allows no more of them.
fn without_namespaces() -> Result<()> {
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe()?)
        .arg(GRADE)
        .stdin(Stdio::null());
    let ended = Program::start_as("unshare", command)?
        .end_within(Duration::from_secs(30))?;
    ensure!(ended.stdout == "Shared\n", "{ended:?}");
    Ok(())
}

fn killed_grader() -> Result<()> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(GRADE).stdin(Stdio::null());
    let grader = Program::start_as("grader", command)?;
    wait_for("a program under test", || !running("silent").is_empty())?;
    grader.signal(Signal::SIGKILL)?;
    grader.end()?;
    // Other trials grade `silent` too, but each ends within its deadline.
    wait_for("the end of that program", || running("silent").is_empty())
}

fn wait_for(what: &str, look: impl Fn() -> bool) -> Result<()> {
    let until = Instant::now() + Duration::from_secs(30);
    while !look() {
        if Instant::now() > until {
            bail!("no sign of {what}");
        }
        // Another user's process gives no event: look again.
        nix::poll::poll(&mut [], 5_u8)?;
    }
    Ok(())
}
