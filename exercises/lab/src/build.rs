//! One Cargo call for a verdict: it builds the learner's programs and the
//! judge, and its messages say where they are and what does not compile.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::Deserialize;

use crate::map::{Map, Task};
use crate::screen;

/// What Cargo has built.
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

/// Cargo, as whoever runs this has it.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Builds the programs of these exercises, and the judge.
pub(crate) fn build(
    map: &Map,
    tasks: &[Task<'_>],
    leash: &Leash,
    tell: impl Fn(&News<'_>) + Sync,
) -> Result<Built> {
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
        .args(["-p", "judge", "--bin", "judge"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for task in tasks {
        command.args(["-p", &format!("ex-{}", task.topic)]);
        command.args(["--bin", &format!("ex-{}", task.name())]);
    }
    let mut child = leash.start(&mut command)?;
    let stdout = child.stdout.take().context("Cargo's messages")?;
    let stderr = child.stderr.take().context("Cargo's progress")?;
    let mut programs = BTreeMap::new();
    let mut messages: BTreeMap<String, String> = BTreeMap::new();
    let mut others = String::new();
    let complaints = thread::scope(|scope| {
        let progress = scope.spawn(|| {
            let mut complaints = Vec::new();
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let words = line.trim_start();
                if words.starts_with("Blocking") {
                    tell(&News::Locked);
                } else if let Some(rest) = words.strip_prefix("Compiling ") {
                    let name = rest.split(' ').next().unwrap_or(rest);
                    tell(&News::Compiling(name));
                } else if !words.starts_with("Finished") {
                    complaints.push(line);
                }
            }
            complaints
        });
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let Ok(message) = serde_json::from_str::<Message>(&line) else {
                // What a build script prints is not ours to read.
                continue;
            };
            let target = message.target.map_or_else(String::new, |t| t.name);
            if let Some(path) = message.executable {
                programs.insert(target.clone(), path);
            }
            if let Some(text) = message.diagnostic.and_then(|d| d.rendered) {
                match target.strip_prefix("ex-") {
                    Some(name) => {
                        messages
                            .entry(name.into())
                            .or_default()
                            .push_str(&text);
                    }
                    None => others.push_str(&text),
                }
            }
        }
        progress.join().unwrap_or_default()
    });
    leash.wait(&mut child)?;
    if leash.is_pulled() {
        bail!("cancelled");
    }
    let Some(judge) = programs.remove("judge") else {
        bail!(
            "the checks do not build:\n{}{others}",
            complaints.join("\n")
        );
    };
    let programs: BTreeMap<String, PathBuf> = programs
        .into_iter()
        .filter_map(|(name, path)| {
            Some((name.strip_prefix("ex-")?.to_owned(), path))
        })
        .collect();
    for task in tasks {
        let name = task.name();
        if !programs.contains_key(name) && !messages.contains_key(name) {
            bail!("Cargo did not build {name}:\n{}", complaints.join("\n"));
        }
    }
    Ok(Built {
        programs,
        judge,
        messages,
    })
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
