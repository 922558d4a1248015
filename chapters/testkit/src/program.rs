//! A program under test: a process of its own, with its own process group,
//! watched until it ends.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::libc;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// How long a test waits for a program's next event before it says that the
/// program hangs.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// What is kept of one output, in bytes; the rest is read and thrown away, so
/// that a program that writes for ever does not fill the memory.
const OUTPUT_LIMIT: usize = 1 << 20;

/// How much a program may write to one output before it is ended, in bytes,
/// where nobody trusts it. 0: as much as it likes.
static FLOOD: AtomicUsize = AtomicUsize::new(0);

/// From here on, a program that writes more than `bytes` to one output is
/// killed, with its process group.
pub(crate) fn end_floods_at(bytes: usize) {
    FLOOD.store(bytes, Ordering::Relaxed);
}

/// How long an ordinary program of the book may take, on a machine that has
/// much else to do. They need two seconds at most on an idle one.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A running program. Dropping it kills its process group and reaps it.
pub struct Program {
    name: String,
    pid: Pid,
    child: Mutex<Child>,
    /// Once it has been reaped, its number may be another process's.
    reaped: Mutex<Option<Ended>>,
    watch: Arc<Watch>,
}

/// How a program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Its exit code, or the signal that ended it.
    pub status: ExitStatus,
    /// What it wrote to standard output, as text.
    pub stdout: String,
    /// What it wrote to standard error, as text.
    pub stderr: String,
    /// What it wrote to standard output, byte for byte.
    pub bytes: Vec<u8>,
}

/// Why something that was waited for did not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missed {
    /// The program has ended, and its outputs too.
    Ended,
    /// Time is over.
    Late,
}

/// What the threads that read a program's outputs and wait for its end know.
#[derive(Default)]
struct Watch {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    outputs: [Vec<u8>; 2],
    open: usize,
    ended: bool,
}

/// How long a program that is about to end gets to do so, before a failure is
/// told without its end.
const AT_ONCE: Duration = Duration::from_millis(100);

const STDOUT: usize = 0;
const STDERR: usize = 1;

impl Program {
    /// Starts the program at `path`. It gets nothing of this process but
    /// standard input (empty), `PATH`, and the working folder.
    pub fn start(path: &str, args: &[&str]) -> Result<Program> {
        let mut command = Command::new(path);
        command.args(args).stdin(Stdio::null());
        Program::start_as(path, command)
    }

    /// As [`Program::start`], from a command with more to it (environment,
    /// standard input). Standard output and error are taken over.
    pub fn start_as(name: &str, command: Command) -> Result<Program> {
        Program::start_onto(name, command, Stdio::piped())
    }

    /// As [`Program::start_as`], with standard output leading elsewhere:
    /// what it says is kept only where `stdout` is a pipe of ours.
    pub fn start_onto(
        name: &str,
        mut command: Command,
        stdout: Stdio,
    ) -> Result<Program> {
        let own: Vec<_> = command
            .get_envs()
            .filter_map(|(key, value)| {
                Some((key.to_owned(), value?.to_owned()))
            })
            .collect();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(own)
            .stdout(stdout)
            .stderr(Stdio::piped())
            .process_group(0);
        inherit_nothing(&mut command);
        let mut child =
            command.spawn().with_context(|| format!("start {name}"))?;
        let watch = Arc::new(Watch::default());
        let outputs = [
            child.stdout.take().map(OwnedFd::from),
            child.stderr.take().map(OwnedFd::from),
        ];
        let group = Pid::from_raw(child.id().cast_signed());
        watch.lock().open = outputs.iter().flatten().count();
        for (which, pipe) in outputs.into_iter().enumerate() {
            if let Some(pipe) = pipe {
                watch.read(which, pipe, group);
            }
        }
        watch.wait_for_end(&child);
        let name = name.rsplit('/').next().unwrap_or(name).to_owned();
        Ok(Program {
            name,
            pid: group,
            child: Mutex::new(child),
            reaped: Mutex::new(None),
            watch,
        })
    }

    /// The process number.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Takes the writing end of standard input, where that is a pipe of ours.
    pub(crate) fn take_input(&self) -> Option<ChildStdin> {
        lock(&self.child).stdin.take()
    }

    /// The address in the program's first line, `listening on ADDRESS:PORT`.
    pub fn address(&self) -> Result<String> {
        let line = self.line(0)?;
        match line.strip_prefix("listening on ") {
            Some(address) => Ok(address.to_owned()),
            None => bail!(
                "the first line of {} should be \"listening on \
                 ADDRESS:PORT\"; it was {line:?}",
                self.name
            ),
        }
    }

    /// Waits for the line with this number (the first is 0) on standard
    /// output.
    pub fn line(&self, number: usize) -> Result<String> {
        let line = |state: &State| {
            let text = String::from_utf8_lossy(&state.outputs[STDOUT]);
            let mut lines = text.split_inclusive('\n').skip(number);
            lines
                .next()
                .filter(|line| line.ends_with('\n'))
                .map(|line| line.trim_end().to_owned())
        };
        let what = format!("line {} on standard output", number + 1);
        self.wait_until(&what, line)
    }

    /// Waits for a line that contains `text` on standard output.
    pub fn line_with(&self, text: &str) -> Result<String> {
        let line = |state: &State| {
            String::from_utf8_lossy(&state.outputs[STDOUT])
                .split_inclusive('\n')
                .find(|line| line.ends_with('\n') && line.contains(text))
                .map(|line| line.trim_end().to_owned())
        };
        self.wait_until(&format!("a line with {text:?}"), line)
    }

    /// Sends the program (not its whole group) a signal.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        // The process is reaped by `end` or `drop`, so the number is its own.
        nix::sys::signal::kill(self.pid(), signal)
            .with_context(|| format!("send {signal} to {}", self.name))
    }

    /// Whether the program has ended.
    pub fn has_ended(&self) -> bool {
        self.watch.lock().ended
    }

    /// Waits until the program has ended by itself.
    pub fn end(self) -> Result<Ended> {
        self.end_within(DEADLINE)
    }

    /// As [`Program::end`], with a limit of its own.
    pub fn end_within(self, limit: Duration) -> Result<Ended> {
        self.wait_within(limit, "its end", |state| state.ended.then_some(()))?;
        self.reap()
    }

    /// After the end: how it ended, and what it said.
    pub(crate) fn reap(&self) -> Result<Ended> {
        let mut reaped = lock(&self.reaped);
        if let Some(ended) = &*reaped {
            return Ok(ended.clone());
        }
        // Processes that it left behind in its group could hold the outputs
        // open, so they go first. The leader isn't reaped yet, so the group's
        // number is still ours.
        let _ = killpg(self.pid, Signal::SIGKILL);
        self.watch.wait(DEADLINE, |state| state.open == 0);
        let status = lock(&self.child).wait()?;
        let state = self.watch.lock();
        let text = |which: usize| {
            String::from_utf8_lossy(&state.outputs[which]).into_owned()
        };
        let ended = Ended {
            status,
            stdout: text(STDOUT),
            stderr: text(STDERR),
            bytes: state.outputs[STDOUT].clone(),
        };
        *reaped = Some(ended.clone());
        Ok(ended)
    }

    /// Ends the program at once, and waits for that.
    pub(crate) fn kill(&self) -> Result<Ended> {
        if lock(&self.reaped).is_none() {
            let _ = killpg(self.pid, Signal::SIGKILL);
        }
        self.reap()
    }

    /// If the program has ended by itself, or does so at once: how, and what
    /// it said.
    pub(crate) fn obituary(&self) -> Option<Ended> {
        self.watch.wait(AT_ONCE, |state| state.ended);
        self.has_ended().then(|| self.reap().ok()).flatten()
    }

    /// What the program has said so far on standard error.
    pub(crate) fn complaints(&self) -> String {
        let state = self.watch.lock();
        String::from_utf8_lossy(&state.outputs[STDERR]).into_owned()
    }

    /// Waits until `look` finds something in what the program has written to
    /// standard output.
    pub(crate) fn wait_for_output<T>(
        &self,
        limit: Duration,
        look: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Missed> {
        self.wait_for(limit, |state| look(&state.outputs[STDOUT]))
    }

    /// Waits until the program has ended, without reaping it.
    pub(crate) fn wait_for_end(&self, limit: Duration) -> Result<(), Missed> {
        self.wait_for(limit, |state| state.ended.then_some(()))
    }

    fn wait_until<T>(
        &self,
        what: &str,
        look: impl Fn(&State) -> Option<T>,
    ) -> Result<T> {
        self.wait_within(DEADLINE, what, look)
    }

    fn wait_within<T>(
        &self,
        limit: Duration,
        what: &str,
        look: impl Fn(&State) -> Option<T>,
    ) -> Result<T> {
        self.wait_for(limit, look).map_err(|missed| {
            let (name, stderr) = (&self.name, self.complaints());
            match missed {
                Missed::Ended => anyhow!(
                    "{name} ended before {what}; on standard error: {stderr:?}"
                ),
                Missed::Late => anyhow!(
                    "{name}: no {what} within {limit:?}; on standard error: \
                     {stderr:?}"
                ),
            }
        })
    }

    fn wait_for<T>(
        &self,
        limit: Duration,
        look: impl Fn(&State) -> Option<T>,
    ) -> Result<T, Missed> {
        let until = Instant::now() + limit;
        let mut state = self.watch.lock();
        loop {
            if let Some(found) = look(&state) {
                return Ok(found);
            }
            if state.ended && state.open == 0 {
                return Err(Missed::Ended);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Missed::Late);
            }
            state = self
                .watch
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if lock(&self.reaped).is_none() {
            let _ = killpg(self.pid, Signal::SIGKILL);
            let _ = lock(&self.child).wait();
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ended {
    /// The exit code; a program that a signal ended has none.
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The signal that ended the program.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }
}

/// Fails unless a program ended with `code` and said `line`, and nothing else,
/// on standard error.
pub fn ended(ended: &Ended, code: i32, line: &str) -> Result<()> {
    ensure!(
        ended.code() == Some(code) && ended.stderr == line,
        "expected exit code {code} and {line:?} on standard error; it was \
         {ended:?}"
    );
    Ok(())
}

impl Watch {
    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    fn read(self: &Arc<Self>, which: usize, pipe: OwnedFd, group: Pid) {
        let watch = Arc::clone(self);
        let mut pipe = std::fs::File::from(pipe);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            let mut sum: usize = 0;
            loop {
                let count = match pipe.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => 0,
                    Err(_) => break,
                };
                sum = sum.saturating_add(count);
                let limit = FLOOD.load(Ordering::Relaxed);
                let mut state = watch.lock();
                // While it has not ended, its number is its own.
                if limit > 0 && sum > limit && !state.ended {
                    let _ = killpg(group, Signal::SIGKILL);
                }
                let output = &mut state.outputs[which];
                let room = OUTPUT_LIMIT.saturating_sub(output.len());
                output.extend_from_slice(&buffer[..count.min(room)]);
                watch.changed.notify_all();
            }
            watch.lock().open -= 1;
            watch.changed.notify_all();
        });
    }

    /// Learns of the child's end without reaping it: while it is a zombie its
    /// number can't be given to another process, so a signal can't go astray.
    fn wait_for_end(self: &Arc<Self>, child: &Child) {
        let watch = Arc::clone(self);
        // pid_t on FreeBSD, id_t elsewhere.
        let pid = child.id() as _;
        thread::spawn(move || {
            // SAFETY: `info` is plain data with room for what waitid writes.
            #[expect(unsafe_code, reason = "nix has no waitid on macOS")]
            unsafe {
                let mut info: libc::siginfo_t = std::mem::zeroed();
                let how = libc::WEXITED | libc::WNOWAIT;
                while libc::waitid(libc::P_PID, pid, &raw mut info, how) != 0
                    && io::Error::last_os_error().kind()
                        == io::ErrorKind::Interrupted
                {}
            }
            watch.lock().ended = true;
            watch.changed.notify_all();
        });
    }

    /// Waits until `done`, or until `limit` has passed.
    fn wait(&self, limit: Duration, done: impl Fn(&State) -> bool) {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while !done(&state) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// Marks what this process has open, beyond the three standard descriptors,
/// to be closed in the new one: the first socket of a program is then 3, also
/// where an editor or a CI runner leaks descriptors to its children.
fn inherit_nothing(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes system calls only.
    #[expect(unsafe_code, reason = "what runs after fork must be signal-safe")]
    unsafe {
        command.pre_exec(|| {
            sys::close_on_exec_from(3);
            Ok(())
        });
    }
}

/// Prints a line of progress, which nobody needs to hear.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
