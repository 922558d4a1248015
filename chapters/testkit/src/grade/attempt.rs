//! One check on one program, as it goes: what has been done so far, which
//! programs run, who their peers are.

use std::fmt;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::launch::{Input, Launch};
use super::watch::{Step, Watching};
use super::{Failure, Target, expect, quote, readable, stuck};
use crate::kernel::{self, Thread};
use crate::program::{DEADLINE, Ended, Missed, Program};

/// How long a whole check may take: a program that gives one byte each second
/// keeps every single deadline.
pub const CHECK_LIMIT: Duration = Duration::from_secs(60);

/// One check on one program.
pub struct Attempt {
    /// Where everything random comes from: the same seed gives the same
    /// inputs.
    pub random: fastrand::Rng,
    pub(super) target: Target,
    pub(super) folder: PathBuf,
    pub(super) until: Instant,
    pub(super) steps: Vec<Step>,
    pub(super) watching: Option<Box<dyn Watching>>,
    pub(super) started: usize,
}

/// A program that a check has started.
#[derive(Clone)]
pub struct Run {
    pub(super) program: Arc<Program>,
    feeder: Arc<Mutex<Option<Sender<Vec<u8>>>>>,
}

/// A program that listens.
pub struct Server {
    /// The program.
    pub run: Run,
    /// The address in its first line.
    pub address: SocketAddr,
}

impl Attempt {
    /// Notes a step that has been done.
    pub fn step(&mut self, step: impl fmt::Display) {
        self.steps.push(Step::now(step.to_string()));
    }

    /// Does several things that make one step of the story: those inside are
    /// told only where one of them fails, the last few of them.
    pub fn as_one_step<T>(
        &mut self,
        step: &str,
        things: impl FnOnce(&mut Attempt) -> Result<T>,
    ) -> Result<T> {
        /// Of those that went well before the failure.
        const KEPT: usize = 3;

        let before = self.steps.len();
        let done = things(self);
        let inside = self.steps.split_off(before);
        self.steps.push(Step::now(match done {
            Ok(_) => step.to_owned(),
            Err(_) => format!("{step}: not all of it, the last were"),
        }));
        if done.is_err() {
            let skipped = inside.len().saturating_sub(KEPT);
            self.steps.extend(inside.into_iter().skip(skipped));
        }
        done
    }

    /// A folder of this check alone; the program works in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A random word of 5 to 9 small letters.
    pub fn word(&mut self) -> String {
        let length = self.random.usize(5..=9);
        (0..length).map(|_| self.random.lowercase()).collect()
    }

    /// `count` random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.random.fill(&mut bytes);
        bytes
    }

    /// `count` random printable characters of ASCII, blanks among them.
    pub fn text(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.random.u8(b' '..=b'~')).collect()
    }

    /// How long the next wait may take.
    pub(super) fn patience(&self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now());
        left.min(DEADLINE)
    }

    /// What came in a wait that is over.
    pub(super) fn nothing(&self) -> String {
        if Instant::now() < self.until {
            format!("nothing within {DEADLINE:?}")
        } else {
            format!("nothing, and the check's {CHECK_LIMIT:?} are over")
        }
    }

    /// When a wait that begins now ends.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience()
    }

    /// Starts the program.
    pub fn start(&mut self, launch: Launch) -> Result<Run> {
        let told = launch.to_string();
        let by = match &mut self.watching {
            Some(watching) => watching.starts_by(self.started),
            None => Vec::new(),
        };
        self.started += 1;
        let (command, input) =
            launch.command(&self.target, &self.folder, &by)?;
        let path = self.target.path.to_string_lossy();
        let program = Program::start_as(&path, command)?;
        let run = Run {
            program: Arc::new(program),
            feeder: Arc::default(),
        };
        match input {
            Input::Fed(bytes) => {
                run.open_feeder()?;
                run.feed(bytes);
                run.close_feeder();
            }
            Input::Piped => run.open_feeder()?,
            Input::Other => {}
        }
        stuck::knows_run(&run);
        self.step(format_args!("the program starts{told}"));
        Ok(run)
    }

    /// Starts the program and waits for its address in its first line.
    pub fn server(&mut self, launch: Launch) -> Result<Server> {
        let run = self.start(launch)?;
        let line = self.line(&run, 0)?;
        let address = line
            .strip_prefix("listening on ")
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            return Err(Failure::new(
                "the first line is \"listening on ADDRESS:PORT\"",
                quote(line.as_bytes()),
            ));
        };
        self.step(format_args!("the program listens on {address}"));
        Ok(Server { run, address })
    }

    /// Where the program listens, from the kernel's account (Linux), else
    /// from its first line.
    pub fn listens(&mut self, run: &Run) -> Result<SocketAddr> {
        let pid = run.program.pid();
        if !cfg!(target_os = "linux") {
            let line = self.line(run, 0)?;
            let address = line.rsplit(' ').next().unwrap_or_default();
            return address.parse().map_err(|_| {
                Failure::new(
                    "an address in the first line",
                    quote(line.as_bytes()),
                )
            });
        }
        let address = self.look(run, "the program listens", || {
            kernel::listens(pid).ok_or_else(|| "no listening socket".to_owned())
        })?;
        self.step(format_args!("the program listens on {address}"));
        Ok(address)
    }

    /// Gives the program more to read on standard input.
    pub fn feeds(&mut self, run: &Run, bytes: &[u8]) {
        run.feed(bytes.to_vec());
        let bytes = quote(bytes);
        self.step(format_args!("the program's standard input gets {bytes}"));
    }

    /// Ends the program's standard input.
    pub fn ends_the_input(&mut self, run: &Run) {
        run.close_feeder();
        self.step("the program's standard input ends");
    }

    /// Waits for line `number` (the first is 0) of standard output, without
    /// its newline.
    pub fn line(&mut self, run: &Run, number: usize) -> Result<String> {
        let find = |bytes: &[u8]| {
            let mut lines = bytes.split_inclusive(|b| *b == b'\n').skip(number);
            let line = lines.next()?.strip_suffix(b"\n")?;
            Some(String::from_utf8_lossy(line).into_owned())
        };
        let line = run.program.wait_for_output(self.patience(), find);
        line.map_err(|missed| {
            let said = run.so_far();
            let end = match missed {
                Missed::Ended => "the program has ended".to_owned(),
                Missed::Late => format!("nothing more within {DEADLINE:?}"),
            };
            Failure::new(
                format_args!("line {} on standard output", number + 1),
                format_args!("{said}, and {end}"),
            )
        })
    }

    /// Fails unless line `number` (the first is 0) of standard output is this
    /// one.
    pub fn prints(
        &mut self,
        run: &Run,
        number: usize,
        line: &str,
    ) -> Result<()> {
        let expected = format!("the program prints the line {line:?}");
        let got = self.line(run, number).map_err(|e| instead(e, &expected))?;
        expect(got == line, expected, quote(got.as_bytes()))?;
        self.step(format_args!("the program prints {line:?}"));
        Ok(())
    }

    /// Waits until standard output so far is exactly this, whether or not a
    /// line ends there.
    pub fn has_printed(&mut self, run: &Run, bytes: &[u8]) -> Result<()> {
        let expected = format!("standard output so far is {}", quote(bytes));
        let enough = |so_far: &[u8]| {
            (so_far.len() >= bytes.len()).then(|| so_far.to_vec())
        };
        let got = run.program.wait_for_output(self.patience(), enough);
        let Ok(got) = got else {
            return Err(Failure::new(expected, run.so_far()));
        };
        same("standard output so far is", bytes, &got)?;
        self.step(expected);
        Ok(())
    }

    /// Waits until the program has ended by itself.
    pub fn ends(&mut self, run: &Run) -> Result<Ended> {
        if run.program.wait_for_end(self.patience()).is_err()
            && !run.program.has_ended()
        {
            return Err(Failure::new(
                "the program ends",
                format_args!("it still runs after {DEADLINE:?}"),
            ));
        }
        let ended = run.program.reap()?;
        self.step(format_args!("the program ends: {}", how(&ended)));
        Ok(ended)
    }

    /// Fails unless the program ends by itself, with this exit code.
    pub fn ends_with(&mut self, run: &Run, code: i32) -> Result<Ended> {
        let expected = format!("the program ends with exit code {code}");
        let ended = self.ends(run).map_err(|e| instead(e, &expected))?;
        expect(ended.code() == Some(code), expected, how(&ended))?;
        Ok(ended)
    }

    /// Fails unless this, and nothing else, is what the program wrote to
    /// standard output.
    pub fn printed(&mut self, ended: &Ended, expected: &[u8]) -> Result<()> {
        same("standard output is", expected, &ended.bytes)?;
        let bytes = quote(expected);
        self.step(format_args!("the program's whole output was {bytes}"));
        Ok(())
    }

    /// Fails unless the program wrote one line, and not an empty one, to
    /// standard error.
    pub fn says_why(&mut self, ended: &Ended) -> Result<()> {
        let stderr = ended.stderr.as_bytes();
        let one = ended.stderr.trim_end().lines().count() == 1;
        expect(one, "one line on standard error", quote(stderr))?;
        let line = quote(ended.stderr.trim_end().as_bytes());
        self.step(format_args!("it says why on standard error: {line}"));
        Ok(())
    }

    /// Sends the program a signal. After SIGSTOP, waits until it has stopped
    /// (on Linux).
    pub fn signals(&mut self, run: &Run, signal: Signal) -> Result<()> {
        run.program.signal(signal)?;
        if signal == Signal::SIGSTOP && cfg!(target_os = "linux") {
            let pid = run.program.pid();
            let mut before = Vec::new();
            self.look(run, "the program stops", || {
                let threads = kernel::threads(pid);
                let stopped = threads.iter().all(Thread::is_stopped);
                // From the edge of a call strace lets it go on at once.
                let for_good =
                    !threads.iter().any(Thread::is_held) || threads == before;
                before = threads;
                if stopped && for_good {
                    Ok(())
                } else {
                    Err("it still runs".to_owned())
                }
            })?;
        }
        self.step(format_args!("the program gets {signal}"));
        Ok(())
    }

    /// Sends the program a signal every so often until it has ended, or the
    /// deadline is over; what comes next tells which.
    pub fn signals_until_its_end(
        &mut self,
        run: &Run,
        signal: Signal,
        every: Duration,
    ) -> Result<()> {
        let deadline = self.deadline();
        while run.program.wait_for_end(every).is_err()
            && Instant::now() < deadline
        {
            run.program.signal(signal)?;
        }
        self.step(format_args!("the program gets {signal} every {every:?}"));
        Ok(())
    }

    /// Fails if the program has ended.
    pub fn runs_still(&mut self, run: &Run) -> Result<()> {
        if run.program.has_ended() {
            let ended = run.program.reap()?;
            return Err(Failure::new("the program still runs", how(&ended)));
        }
        self.step("the program still runs");
        Ok(())
    }

    /// Ends the program at once, from outside.
    pub fn stop(&mut self, run: &Run) -> Result<Ended> {
        let ended = run.program.kill()?;
        self.step("the program is ended from outside, by SIGKILL");
        Ok(ended)
    }

    /// Waits until every thread of the program sleeps in a call and is not
    /// woken in between. On Linux; elsewhere nobody looks.
    pub fn sleeps(&mut self, run: &Run) -> Result<()> {
        /// That many looks without a change make a sleeper.
        const LOOKS: usize = 8;

        let pid = run.program.pid();
        if !cfg!(target_os = "linux") {
            self.step("whether the program sleeps is not seen on this system");
            return Ok(());
        }
        let mut before = Vec::new();
        let mut same = 0;
        self.look(run, "the program sleeps while nothing happens", || {
            let now = kernel::threads(pid);
            let asleep = !now.is_empty() && now.iter().all(Thread::sleeps);
            same = if asleep && now == before { same + 1 } else { 0 };
            before = now;
            if same >= LOOKS {
                Ok(())
            } else {
                Err("it is awake again and again, and uses the processor"
                    .to_owned())
            }
        })?;
        self.step("the program sleeps");
        Ok(())
    }

    /// How many sockets the program has open; `None` where that can't be
    /// seen.
    pub fn sockets(&self, run: &Run) -> Option<usize> {
        kernel::sockets(run.program.pid()).map(|all| all.len())
    }

    /// Waits until the program has exactly `count` sockets open. On Linux;
    /// elsewhere nobody looks.
    pub fn has_sockets(&mut self, run: &Run, count: usize) -> Result<()> {
        let pid = run.program.pid();
        if kernel::sockets(pid).is_none() {
            self.step("the program's open sockets are not seen on this system");
            return Ok(());
        }
        let expected = format!("the program has {count} open sockets");
        self.look(run, &expected, || {
            let now = kernel::sockets(pid).map_or(0, |all| all.len());
            if now == count {
                Ok(())
            } else {
                Err(format!("{now}"))
            }
        })?;
        self.step(expected);
        Ok(())
    }

    /// Looks, until the deadline, at what no event tells of.
    pub(super) fn look<T>(
        &self,
        run: &Run,
        expected: &str,
        look: impl FnMut() -> Result<T, String>,
    ) -> Result<T> {
        let pause = || {
            // The end of the program is an event.
            let _ = run.program.wait_for_end(LOOK);
            run.program.has_ended()
        };
        look_until(self.deadline(), pause, look).map_err(|got| {
            let got = if run.program.has_ended() {
                "the program has ended".to_owned()
            } else {
                got
            };
            Failure::new(expected, got)
        })
    }
}

/// The pause between two looks at what no event tells of.
pub(super) const LOOK: Duration = Duration::from_millis(4);

/// Looks again after each `pause`, which says whether another look is in
/// vain, until the deadline.
pub(super) fn look_until<T>(
    deadline: Instant,
    pause: impl Fn() -> bool,
    mut look: impl FnMut() -> Result<T, String>,
) -> Result<T, String> {
    loop {
        let got = match look() {
            Ok(found) => return Ok(found),
            Err(got) => got,
        };
        if Instant::now() >= deadline || pause() {
            return look().map_err(|_| got);
        }
    }
}

impl Run {
    /// What it has written to standard output until now.
    fn so_far(&self) -> String {
        let all = |bytes: &[u8]| Some(bytes.to_vec());
        let said = self.program.wait_for_output(Duration::ZERO, all);
        quote(&said.unwrap_or_default())
    }

    fn open_feeder(&self) -> Result<()> {
        let mut input = self
            .program
            .take_input()
            .context("standard input is a pipe")?;
        let (sender, receiver) = channel::<Vec<u8>>();
        // A thread, since the program may take its time and a pipe is small.
        // It ends with the sender, or with the program.
        thread::spawn(move || {
            for bytes in receiver {
                if input.write_all(&bytes).is_err() {
                    break;
                }
            }
        });
        *self.lock() = Some(sender);
        Ok(())
    }

    fn feed(&self, bytes: Vec<u8>) {
        if let Some(sender) = &*self.lock() {
            // A program that has ended takes nothing more; its end tells.
            let _ = sender.send(bytes);
        }
    }

    fn close_feeder(&self) {
        *self.lock() = None;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Sender<Vec<u8>>>> {
        self.feeder
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// How a program ended, in words.
pub(super) fn how(ended: &Ended) -> String {
    let end = match (ended.code(), ended.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => match Signal::try_from(signal) {
            Ok(signal) => format!("ended by {signal}"),
            Err(_) => format!("ended by signal {signal}"),
        },
        (None, None) => ended.status.to_string(),
    };
    match complaint(&ended.stderr) {
        Some(said) => format!("{end}; on standard error: {said}"),
        None => end,
    }
}

/// What a program said on standard error, in one line.
pub(super) fn complaint(stderr: &str) -> Option<String> {
    /// As much of it as a story needs, in characters.
    const ENOUGH: usize = 300;

    let lines: Vec<String> = stderr
        .lines()
        // How to get a backtrace leads nobody to the mistake.
        .filter(|line| !line.starts_with("note: run with `RUST_BACKTRACE"))
        .map(|line| readable(line.as_bytes()))
        .filter(|line| !line.is_empty())
        .collect();
    let line = lines.join(" / ");
    let cut: String = line.chars().take(ENOUGH).collect();
    match cut.len() {
        0 => None,
        length if length < line.len() => Some(cut + "…"),
        _ => Some(cut),
    }
}

/// The same failure of another expectation.
fn instead(error: anyhow::Error, expected: &str) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(Failure(failure)) => anyhow::Error::new(Failure(course::Failure {
            expected: expected.to_owned(),
            ..failure
        })),
        Err(error) => error,
    }
}

/// Fails unless `got` is `expected`, with the place where they part.
pub(super) fn same(what: &str, expected: &[u8], got: &[u8]) -> Result<()> {
    if expected == got {
        return Ok(());
    }
    let part = expected.iter().zip(got).take_while(|(e, g)| e == g).count();
    let told = if expected.len().max(got.len()) <= 60 {
        String::new()
    } else if part == got.len() {
        format!(
            "; that is the beginning, {} bytes are missing",
            expected.len() - part
        )
    } else if part == expected.len() {
        format!("; {} bytes too many", got.len() - part)
    } else {
        let next = &got[part..got.len().min(part + 20)];
        format!("; they part at byte {part}, where {} comes", quote(next))
    };
    Err(Failure::new(
        format_args!("{what} {}", quote(expected)),
        format_args!("{}{told}", quote(got)),
    ))
}
