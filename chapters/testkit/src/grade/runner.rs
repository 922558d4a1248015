//! Runs checks, each in a process of its own: both sides of that.

use std::env;
use std::fmt;
use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, Write};
use std::net::{TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};
use course::{Outcome, Surroundings, Verdict};
use nix::unistd::{AccessFlags, access, mkdtemp};
use serde::{Deserialize, Serialize};

use super::attempt::{Attempt, CHECK_LIMIT};
use super::confinement::{self, Asked, Confinement};
use super::watch::{Story, Watcher};
use super::{Check, Exercise, Failure, Target, say, stuck};
use crate::kernel;
use crate::program::{self, Program};
use crate::sock_diag::{self, Answer};
use crate::surroundings::{self, Who};
use crate::trial::Skip;

/// First argument of a process that runs one check; the second is the job.
const ONE_CHECK: &str = "--one-check";

/// In place of the job: it is the first line of standard input. Whoever can
/// read the command line of another process would know the inputs from it.
const ON_INPUT: &str = "-";

/// What a program that nobody trusts may write, in bytes, before it is ended.
const FLOOD: usize = 16 << 20;

/// How long the process of a check may take beyond the check's own limit,
/// before it is the grader that hangs.
const GRACE: Duration = Duration::from_secs(30);

/// One check to run.
#[derive(Serialize, Deserialize)]
pub(super) struct Job {
    /// None: only try the surroundings.
    pub(super) check: Option<(String, String)>,
    pub(super) target: Target,
    pub(super) seed: u64,
    pub(super) surroundings: Surroundings,
    /// What else keeps the program apart: see [`Confinement`].
    pub(super) confinement: Option<String>,
    /// Where to leave what a watcher finds, if one is to watch.
    #[serde(default)]
    pub(super) watch: Option<PathBuf>,
}

/// Runs checks in surroundings that have been tried.
#[derive(Clone)]
pub(crate) struct Runner {
    /// Where checks run.
    pub(crate) surroundings: Surroundings,
    /// Why they are not private, where that was tried in vain.
    pub(crate) why_not: Option<String>,
    /// Where the inputs come from.
    pub(crate) seed: u64,
}

impl Runner {
    /// Finds the best surroundings that this machine has, by trying, unless
    /// some are asked for.
    pub(crate) fn new(
        asked: Option<Surroundings>,
        seed: u64,
    ) -> Result<Runner> {
        let runner = |surroundings, why_not| Runner {
            surroundings,
            why_not,
            seed,
        };
        if asked == Some(Surroundings::Shared) {
            return Ok(runner(Surroundings::Shared, None));
        }
        let private = runner(Surroundings::Private, None);
        let job = Job {
            check: None,
            target: Target {
                path: "/".into(),
                name: None,
            },
            seed,
            surroundings: Surroundings::Private,
            confinement: None,
            watch: None,
        };
        let own = env::current_exe().context("find this test's own file")?;
        match spawn(&own, &job) {
            Ok(_) => Ok(private),
            Err(error) if asked.is_some() => {
                Err(error.context("this machine gives no namespaces"))
            }
            Err(error) => {
                let why = format!("{error:#}");
                Ok(runner(Surroundings::Shared, Some(why)))
            }
        }
    }

    /// Runs one check on one program, for the `time`th time.
    pub(crate) fn run(
        &self,
        exercise: &Exercise,
        check: &Check,
        target: &Target,
        time: usize,
    ) -> Outcome {
        self.run_by(exercise, check, target, time, None)
    }

    /// As [`Runner::run`] does for the first time, watched.
    pub(super) fn run_watched(
        &self,
        exercise: &Exercise,
        check: &Check,
        target: &Target,
        folder: &Path,
    ) -> Outcome {
        self.run_by(exercise, check, target, 0, Some(folder.to_owned()))
    }

    fn run_by(
        &self,
        exercise: &Exercise,
        check: &Check,
        target: &Target,
        time: usize,
        watch: Option<PathBuf>,
    ) -> Outcome {
        let start = Instant::now();
        let seed = mixed(self.seed, time, exercise.name, check.name);
        let job = Job {
            check: Some((exercise.name.into(), check.name.into())),
            target: target.clone(),
            seed,
            surroundings: self.surroundings,
            confinement: None,
            watch,
        };
        let found = match env::current_exe() {
            Ok(own) => ask(&own, &job),
            Err(error) => {
                Found::error(format!("find this test's own file: {error}"))
            }
        };
        let asked = Asked::by(exercise, check);
        outcome(&asked, found, self.seed, self.surroundings, start)
    }
}

/// Runs a job in a process of `judge`, whatever comes of it.
pub(super) fn ask(judge: &Path, job: &Job) -> Found {
    let found = spawn(judge, job).and_then(|text| {
        serde_json::from_str(&text)
            .with_context(|| format!("the check said {text:?}"))
    });
    found.unwrap_or_else(|error| Found::error(format!("{error:#}")))
}

/// What a check's process found, with everything that is known beside it.
pub(super) fn outcome(
    asked: &Asked,
    found: Found,
    seed: u64,
    surroundings: Surroundings,
    start: Instant,
) -> Outcome {
    let asked = asked.clone();
    Outcome {
        exercise: asked.exercise,
        check: asked.check,
        place: asked.place,
        verdict: found.verdict,
        points: if found.verdict == Verdict::Passed {
            asked.of
        } else {
            0
        },
        of: asked.of,
        steps: found.steps,
        failure: found.failure,
        reason: found.reason,
        why: asked.why,
        page: asked.page,
        seed: format!("{seed:x}"),
        surroundings,
        milliseconds: u64::try_from(start.elapsed().as_millis())
            .unwrap_or(u64::MAX),
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {:x}; surroundings: ", self.seed)?;
        self.surroundings.fmt(f)?;
        match &self.why_not {
            Some(why) => write!(f, "; not private: {why}"),
            None => Ok(()),
        }
    }
}

/// A seed for each check, whichever others run beside it.
pub(super) fn mixed(
    seed: u64,
    time: usize,
    exercise: &str,
    check: &str,
) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_u64(seed);
    hasher.write_usize(time);
    hasher.write(exercise.as_bytes());
    hasher.write(check.as_bytes());
    hasher.finish()
}

/// Starts a process of `judge` for the job and gives back what it found, in
/// JSON.
pub(super) fn spawn(judge: &Path, job: &Job) -> Result<String> {
    let mut command = Command::new(judge);
    let mut text = serde_json::to_string(job)?;
    command.arg(ONE_CHECK).stdin(Stdio::piped());
    if job.confinement.is_some() {
        command.arg(ON_INPUT);
    } else {
        command.arg(&text);
    }
    if let Some(path) = env::var_os("TMPDIR") {
        command.env("TMPDIR", path);
    }
    // Its standard input stays open as long as this process lives: where it
    // ends, the check ends too, and takes its programs along.
    let process = Program::start_as(&judge.to_string_lossy(), command)?;
    let mut input = process.take_input();
    if let (Some(input), Some(_)) = (&mut input, &job.confinement) {
        text.push('\n');
        // If it has ended, its end says why.
        let _ = input.write_all(text.as_bytes());
    }
    if process.wait_for_end(CHECK_LIMIT + GRACE).is_err() {
        // It ends its programs itself when its input ends; only then is it
        // killed.
        drop(input.take());
        let _ = process.wait_for_end(GRACE);
        process.kill()?;
    }
    // On a machine with much else to do, what it said last is read later.
    let whole = |said: &[u8]| said.ends_with(b"\n").then_some(());
    let _ = process.wait_for_output(GRACE, whole);
    let ended = process.reap()?;
    ensure!(
        ended.code() == Some(0),
        "{}",
        match ended.stderr.trim() {
            "" => format!("the check's process ended with {}", ended.status),
            stderr => stderr.to_owned(),
        }
    );
    Ok(ended.stdout)
}

/// What the process of a check tells.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    verdict: Verdict,
    steps: Vec<String>,
    failure: Option<course::Failure>,
    reason: Option<String>,
}

impl Found {
    /// A fault of the grader's.
    fn error(reason: String) -> Found {
        Found {
            verdict: Verdict::GraderError,
            steps: Vec::new(),
            failure: None,
            reason: Some(reason),
        }
    }
}

/// If this process has been started to run one check: runs it.
pub(crate) fn serve(
    exercises: &[&'static Exercise],
    watcher: Option<Watcher>,
) -> Option<ExitCode> {
    serve_confined(exercises, watcher, None)
}

/// As [`serve`], with what keeps apart the programs of a job that asks for it.
pub(super) fn serve_confined(
    exercises: &[&'static Exercise],
    watcher: Option<Watcher>,
    confinement: Option<&'static dyn Confinement>,
) -> Option<ExitCode> {
    let mut args = env::args().skip(1);
    if args.next()? != ONE_CHECK {
        return None;
    }
    let mut text = args.next()?;
    if text == ON_INPUT {
        text = first_line();
    }
    let job: Job = match serde_json::from_str(&text) {
        Ok(job) => job,
        Err(error) => {
            say(format_args!("{ONE_CHECK} takes a job: {error}"));
            return Some(ExitCode::from(2));
        }
    };
    let (place, surroundings) = (job.confinement.clone(), job.surroundings);
    let main = || {
        match one_check(exercises, job, watcher) {
            Ok(found) => {
                // The caller's pipe; if it is gone, so is the need.
                let mut out = io::stdout();
                let _ = writeln!(out, "{found}").and(out.flush());
                0
            }
            Err(error) => {
                say(format_args!("{error:#}"));
                1
            }
        }
    };
    let entered = match (place, confinement) {
        (None, _) => surroundings::enter(surroundings, Who::Same, main),
        (Some(place), Some(confinement)) => {
            confinement::is(confinement);
            program::end_floods_at(FLOOD);
            confinement.enter(&place, Box::new(main))
        }
        (Some(_), None) => Err(anyhow!("nothing here confines a program")),
    };
    Some(match entered {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    })
}

/// The first line of standard input, and not a byte more: what comes later is
/// for another thread.
fn first_line() -> String {
    let mut line = Vec::new();
    let mut input = io::stdin().lock();
    // Buffered, but the caller writes one line and then nothing.
    let _ = input.read_until(b'\n', &mut line);
    String::from_utf8_lossy(&line).into_owned()
}

fn one_check(
    exercises: &[&'static Exercise],
    job: Job,
    watcher: Option<Watcher>,
) -> Result<String> {
    let surroundings = job.surroundings;
    let clear = move || match confinement::current() {
        Some(confinement) => confinement.clear(),
        None => surroundings::clear(surroundings),
    };
    surroundings::end_with_the_caller_after(clear);
    let Some(name) = &job.check else {
        try_the_surroundings(surroundings)?;
        return Ok(String::new());
    };
    let (exercise, check) = name;
    let check = exercises
        .iter()
        .find(|known| known.name == exercise)
        .and_then(|known| known.checks.iter().find(|c| c.name == check))
        .with_context(|| format!("no check {check} of {exercise}"))?;
    let folders =
        confinement::current().map_or_else(folders, Confinement::folders);
    let template = folders.join("check-XXXXXX");
    let folder = mkdtemp(&template)
        .with_context(|| format!("make {}", template.display()))?;
    let mut attempt = Attempt {
        random: fastrand::Rng::with_seed(job.seed),
        target: job.target,
        folder: folder.clone(),
        until: Instant::now() + CHECK_LIMIT,
        steps: Vec::new(),
        watching: match (&job.watch, watcher) {
            (Some(folder), Some(watcher)) => Some(watcher(folder)?),
            _ => None,
        },
        started: 0,
    };
    let mut found = judge(check, &mut attempt);
    stuck::end_all();
    if let Some(watching) = attempt.watching.take() {
        watching.ends(Story {
            check: name.clone(),
            steps: attempt.steps,
            failure: found.failure.clone(),
            peers: stuck::peers(),
        })?;
    }
    let left = clear();
    let removed = fs::remove_dir_all(&folder);
    if found.verdict == Verdict::Passed {
        let problem = match removed {
            _ if left > 0 => Some(format!("{left} processes can't be ended")),
            // It goes with the place where the check runs.
            Err(_) if confinement::current().is_some() => None,
            Err(error) => Some(format!("remove {}: {error}", folder.display())),
            Ok(()) => None,
        };
        if problem.is_some() {
            found.verdict = Verdict::GraderError;
            found.reason = problem;
        }
    }
    Ok(serde_json::to_string(&found)?)
}

/// Where checks get their folders: in memory, where the system has that. On a
/// disk, hundreds of checks that make and remove folders wait for each other.
fn folders() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if cfg!(target_os = "linux")
        && access(memory, AccessFlags::W_OK | AccessFlags::X_OK).is_ok()
    {
        memory.to_owned()
    } else {
        env::temp_dir()
    }
}

fn judge(check: &Check, attempt: &mut Attempt) -> Found {
    let done = catch_unwind(AssertUnwindSafe(|| (check.run)(attempt)));
    let (verdict, failure, reason) = match done {
        Ok(Ok(())) => (Verdict::Passed, None, None),
        Ok(Err(error)) => match error.downcast::<Failure>() {
            Ok(failure) => (Verdict::Failed, Some(failure.0), None),
            Err(error) if error.is::<Skip>() => {
                (Verdict::Skipped, None, Some(format!("{error:#}")))
            }
            Err(error) => {
                (Verdict::GraderError, None, Some(format!("{error:#}")))
            }
        },
        Err(panic) => {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("(no message)");
            let reason = format!("the check panicked: {text}");
            (Verdict::GraderError, None, Some(reason))
        }
    };
    Found {
        verdict,
        steps: attempt.steps.iter().map(|step| step.text.clone()).collect(),
        failure,
        reason,
    }
}

/// Tries what a check will do here: make a connection, see it in /proc, be
/// the first process where these are private.
fn try_the_surroundings(surroundings: Surroundings) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
    let address = listener.local_addr()?;
    let client = TcpStream::connect_timeout(&address, Duration::from_secs(5))
        .context("connect on the loopback interface")?;
    let local = client.local_addr()?;
    // One connection is asked for: to list them all takes 7 ms, since the
    // kernel walks a table that is as large for two as for a million.
    let told = match sock_diag::ask(local, address) {
        Answer::Found(_) => true,
        Answer::None => false,
        Answer::Silence => kernel::tcp().iter().any(|row| row.local == local),
    };
    ensure!(told, "the kernel does not tell of a connection");
    ensure!(
        surroundings == Surroundings::Shared || std::process::id() == 1,
        "not the first process here"
    );
    Ok(())
}
