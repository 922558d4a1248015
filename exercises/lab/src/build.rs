//! One Cargo call for a verdict: it builds the learner's programs and the
//! judge, and its messages say where they are and what does not compile.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{SigSet, Signal, killpg, raise};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::map::{Map, Task};
use crate::screen;

/// A program to build: its package and its name there.
pub(crate) struct Wanted {
    pub(crate) package: String,
    pub(crate) name: String,
}

/// What Cargo made of the programs that were wanted, all by their names.
struct Made {
    programs: BTreeMap<String, PathBuf>,
    /// What the compiler says of each.
    messages: BTreeMap<String, String>,
    /// What it says of everything else, and what Cargo says.
    complaints: String,
}

/// What Cargo has built for a verdict.
pub(crate) struct Built {
    /// The programs, by the names of their exercises; those that do not
    /// compile are missing.
    pub(crate) programs: BTreeMap<String, PathBuf>,
    pub(crate) judge: PathBuf,
    /// The compiler's messages, by the names of the exercises.
    pub(crate) messages: BTreeMap<String, String>,
}

/// What is worth saying while Cargo works.
pub(crate) enum News<'a> {
    /// Another Cargo holds the lock.
    Locked,
    /// This package is compiled.
    Compiling(&'a str),
}

/// A process that can be ended from another thread, with all that it has
/// started.
#[derive(Default)]
pub(crate) struct Leash {
    state: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    group: Option<Pid>,
    let_go: bool,
}

impl Leash {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what runs, now and for ever: what is started on this leash
    /// afterwards ends at once.
    pub(crate) fn pull(&self) {
        let mut held = self.lock();
        held.let_go = true;
        if let Some(group) = held.group {
            // It isn't reaped before it is taken off the leash.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }

    /// Pulls when a signal asks for the end of this process, and lets that
    /// signal end it. To be called before there is another thread.
    pub(crate) fn end_with_signals(self: &Arc<Leash>) -> Result<()> {
        let wishes = [
            Signal::SIGINT,
            Signal::SIGQUIT,
            Signal::SIGTERM,
            Signal::SIGHUP,
        ];
        let set: SigSet = wishes.into_iter().collect();
        // Every thread inherits this; a child does not, since std gives it an
        // empty mask.
        set.thread_block().context("block signals")?;
        let leash = Arc::clone(self);
        thread::spawn(move || {
            let Ok(signal) = set.wait() else { return };
            leash.pull();
            screen::hush();
            // Ended by the signal, as the shell expects it.
            if set.thread_unblock().is_ok() {
                let _ = raise(signal);
            }
        });
        Ok(())
    }

    /// Whether it has been pulled.
    pub(crate) fn is_pulled(&self) -> bool {
        self.lock().let_go
    }

    /// Starts a process in a group of its own, out of reach of the terminal's
    /// Ctrl-C, which is ours to answer.
    pub(crate) fn start(&self, command: &mut Command) -> Result<Child> {
        let mut held = self.lock();
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("start {name}"))?;
        let group = Pid::from_raw(child.id().cast_signed());
        held.group = Some(group);
        if held.let_go {
            let _ = killpg(group, Signal::SIGKILL);
        }
        Ok(child)
    }

    /// Waits for the end of the process that was started last.
    pub(crate) fn wait(
        &self,
        child: &mut Child,
    ) -> Result<std::process::ExitStatus> {
        // Its number is ours until it is reaped, so it is taken off the leash
        // before that.
        wait_without_reaping(child);
        self.lock().group = None;
        Ok(child.wait()?)
    }
}

fn wait_without_reaping(child: &Child) {
    use nix::libc;
    // pid_t on FreeBSD, id_t elsewhere.
    let pid = child.id() as _;
    // SAFETY: `info` is plain data with room for what waitid writes.
    #[expect(unsafe_code, reason = "nix has no waitid on macOS")]
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let how = libc::WEXITED | libc::WNOWAIT;
        while libc::waitid(libc::P_PID, pid, &raw mut info, how) != 0
            && std::io::Error::last_os_error().kind()
                == std::io::ErrorKind::Interrupted
        {}
    }
}

/// A line of Cargo's messages.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
    #[serde(rename = "message")]
    diagnostic: Option<Diagnostic>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Diagnostic {
    rendered: Option<String>,
}

/// Cargo: the one that runs this (`cargo lab`), the one that built it, or the
/// one on the path. The second saves rustup's look at which one is meant.
pub(crate) fn cargo() -> Command {
    let built_with = Path::new(env!("CARGO"));
    Command::new(match env::var_os("CARGO") {
        Some(cargo) => cargo,
        None if env::var_os("RUSTUP_TOOLCHAIN").is_none()
            && built_with.is_file() =>
        {
            built_with.into()
        }
        None => "cargo".into(),
    })
}

/// Builds the programs of these exercises, and the judge.
pub(crate) fn build(
    map: &Map,
    tasks: &[Task<'_>],
    leash: &Leash,
    tell: impl Fn(&News<'_>) + Sync,
) -> Result<Built> {
    for task in tasks {
        let file = task.file();
        if !map.top.join(&file).is_file() {
            bail!(
                "{} is missing; `cargo lab reset {}` puts the stub there",
                file.display(),
                task.name()
            );
        }
    }
    let mut wanted = vec![Wanted {
        package: "judge".to_owned(),
        name: "judge".to_owned(),
    }];
    wanted.extend(tasks.iter().map(|task| Wanted {
        package: format!("ex-{}", task.topic),
        name: format!("ex-{}", task.name()),
    }));
    let mut made = make(map, &wanted, leash, tell)?;
    let Some(judge) = made.programs.remove("judge") else {
        bail!("the checks do not build:\n{}", made.complaints);
    };
    let built = Built {
        programs: of_exercises(made.programs),
        judge,
        messages: of_exercises(made.messages),
    };
    for task in tasks {
        let name = task.name();
        if !built.programs.contains_key(name)
            && !built.messages.contains_key(name)
        {
            bail!("Cargo did not build {name}:\n{}", made.complaints);
        }
    }
    Ok(built)
}

/// The same by the names of the exercises.
fn of_exercises<T>(all: BTreeMap<String, T>) -> BTreeMap<String, T> {
    all.into_iter()
        .filter_map(|(name, own)| {
            Some((name.strip_prefix("ex-")?.to_owned(), own))
        })
        .collect()
}

/// Builds one program; where it is, or what the compiler says.
pub(crate) fn program(
    map: &Map,
    wanted: Wanted,
    leash: &Leash,
    tell: impl Fn(&News<'_>) + Sync,
) -> Result<Result<PathBuf, String>> {
    let mut built = programs(map, &[wanted], leash, tell)?;
    built.pop().context("one program")
}

/// Builds several programs: for each, where it is or what the compiler says.
pub(crate) fn programs(
    map: &Map,
    wanted: &[Wanted],
    leash: &Leash,
    tell: impl Fn(&News<'_>) + Sync,
) -> Result<Vec<Result<PathBuf, String>>> {
    let made = make(map, wanted, leash, tell)?;
    wanted
        .iter()
        .map(|Wanted { name, .. }| {
            match (made.programs.get(name), made.messages.get(name)) {
                (Some(path), _) => Ok(Ok(path.clone())),
                (None, Some(message)) => Ok(Err(message.clone())),
                (None, None) => {
                    bail!("Cargo did not build {name}:\n{}", made.complaints)
                }
            }
        })
        .collect()
}

/// The one Cargo call.
fn make(
    map: &Map,
    wanted: &[Wanted],
    leash: &Leash,
    tell: impl Fn(&News<'_>) + Sync,
) -> Result<Made> {
    let format = if screen::is_coloured() {
        "json-diagnostic-rendered-ansi"
    } else {
        "json"
    };
    let mut command = cargo();
    command
        .current_dir(&map.top)
        // One learner's mistake is not another exercise's.
        .args(["build", "--keep-going", "--message-format", format])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for Wanted { package, name } in wanted {
        command.args(["--package", package, "--bin", name]);
    }
    let mut child = leash.start(&mut command)?;
    let stdout = child.stdout.take().context("Cargo's messages")?;
    let stderr = child.stderr.take().context("Cargo's progress")?;
    let mut made = Made {
        programs: BTreeMap::new(),
        messages: BTreeMap::new(),
        complaints: String::new(),
    };
    let told = thread::scope(|scope| {
        let progress = scope.spawn(|| listen(stderr, &tell));
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            // Most lines are about libraries, and tell nothing new.
            if line.contains(r#""executable":null"#) {
                continue;
            }
            // What a build script prints is no message, and not ours to read.
            if let Ok(message) = serde_json::from_str(&line) {
                made.take(message, wanted);
            }
        }
        progress.join().unwrap_or_default()
    });
    leash.wait(&mut child)?;
    if leash.is_pulled() {
        bail!("cancelled");
    }
    made.complaints.insert_str(0, &told);
    Ok(made)
}

impl Made {
    fn take(&mut self, message: Message, wanted: &[Wanted]) {
        let target = message.target.map_or_else(String::new, |t| t.name);
        if let Some(path) = message.executable {
            self.programs.insert(target.clone(), path);
        }
        if let Some(text) = message.diagnostic.and_then(|d| d.rendered) {
            if wanted.iter().any(|program| program.name == target) {
                self.messages.entry(target).or_default().push_str(&text);
            } else {
                self.complaints.push_str(&text);
            }
        }
    }
}

/// Hears what Cargo tells of its work; what is left is a complaint.
fn listen(stderr: impl Read, tell: &impl Fn(&News<'_>)) -> String {
    let mut complaints = String::new();
    let mut locked = false;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        let words = line.trim_start();
        if words.starts_with("Blocking") {
            // There are several locks, and one thing to say.
            if !std::mem::replace(&mut locked, true) {
                tell(&News::Locked);
            }
        } else if let Some(rest) = words.strip_prefix("Compiling ") {
            let name = rest.split(' ').next().unwrap_or(rest);
            tell(&News::Compiling(name));
        } else if !words.starts_with("Finished") {
            complaints += &line;
            complaints.push('\n');
        }
    }
    complaints
}

/// Runs the judge on built programs; each verdict comes as soon as it is
/// there.
pub(crate) fn judge(
    map: &Map,
    built: &Built,
    options: &[String],
    leash: &Leash,
    mut verdict: impl FnMut(course::Outcome),
) -> Result<()> {
    let mut command = Command::new(&built.judge);
    command
        .current_dir(&map.top)
        // It ends when its standard input does: with this process.
        .arg("--until-input-ends")
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    for (name, path) in &built.programs {
        command.arg(format!("{name}={}", path.display()));
    }
    let mut child = leash.start(&mut command)?;
    let stdout = child.stdout.take().context("the judge's verdicts")?;
    for line in BufReader::new(stdout).lines().map_while(Result::ok) {
        let outcome = serde_json::from_str(&line)
            .with_context(|| format!("the judge said {line:?}"))?;
        verdict(outcome);
    }
    let status = leash.wait(&mut child)?;
    if leash.is_pulled() {
        bail!("cancelled");
    }
    if !status.success() {
        bail!("the judge ended with {status}");
    }
    Ok(())
}
