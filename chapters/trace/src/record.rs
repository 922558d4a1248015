//! Runs a program and records what it does.
//!
//! In a private user and network namespace nothing else is on the loopback
//! interface, and a packet socket needs no root. strace tells of the calls.
//! Both stamp what they see by the machine's real-time clock.

mod assemble;
mod call;
mod capture;
mod checked;
mod happenings;
mod packets;
mod strace;
mod threads;

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction,
};
use nix::unistd::{Pid, getpgrp, mkdtemp, setpgid, tcgetpgrp, tcsetpgrp};
use testkit::kernel;
use testkit::surroundings::{self, Surroundings, Who};

use crate::recording::Recording;
use assemble::{Around, assemble};
pub use capture::Frame;
use capture::{Capture, Captured};
pub use checked::{checked, is_one_check};

/// A run to record.
pub struct Job {
    /// The programs. The first one is started alone; each other one when the
    /// first has said where it listens.
    pub programs: Vec<Start>,
    /// What was run, as a reader would type it.
    pub command: String,
    /// How long a program may take: to its end where it is alone, else until
    /// it waits for somebody.
    pub limit: Duration,
    /// What becomes of what the programs print.
    pub output: Output,
}

/// A program of a run.
#[derive(Clone)]
pub struct Start {
    /// Its name in the picture, where it gives itself none.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Its arguments. `{address}`, `{host}` and `{port}` in those of all but
    /// the first program are where the first one listens.
    pub args: Vec<String>,
}

/// What becomes of what the programs print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// It goes to standard output.
    Shown,
    /// It goes to standard error: standard output is for data.
    Aside,
    /// It is read, for the names in it, and thrown away.
    Hidden,
}

/// What a recording has brought.
pub struct Recorded {
    /// What was seen.
    pub recording: Recording,
    /// The packets themselves.
    pub frames: Vec<Frame>,
}

/// The pause between two looks at what no event tells of.
const LOOK: Duration = Duration::from_millis(2);

/// How long a program may take to end when it is asked to.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs the programs and records what they do. To be called while this
/// process has one thread. Fails where neither calls nor packets can be
/// recorded.
pub fn record(job: &Job) -> Result<Recorded> {
    end_the_program_and_not_the_picture()?;
    let folder = Folder::new()?;
    let inside = |packets: bool| -> u8 {
        match run(job, folder.path(), packets)
            .and_then(|recorded| recorded.leave_in(folder.path()))
        {
            Ok(()) => 0,
            Err(error) => {
                // It is told by whoever reads it.
                let text = format!("{error:#}");
                let _ = fs::write(folder.path().join("error"), text);
                1
            }
        }
    };
    let foreground = tcgetpgrp(io::stdin()) == Ok(getpgrp());
    let private =
        surroundings::enter(Surroundings::Private, Who::Same, || inside(true));
    if foreground {
        take_the_terminal();
    }
    if folder.path().join("began").exists() {
        private?;
    } else {
        // The kernel gives no namespaces here.
        surroundings::enter(Surroundings::Shared, Who::Same, || inside(false))?;
    }
    if let Ok(error) = fs::read_to_string(folder.path().join("error")) {
        bail!("{error}");
    }
    Recorded::left_in(folder.path())
}

/// Whether strace is there, and why a picture without it is poorer.
pub(crate) fn strace_is_missing() -> Option<String> {
    let found = Command::new("strace")
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match found {
        Ok(status) if status.success() => None,
        _ => Some(
            "the calls, because strace is not installed (Debian, Ubuntu: \
             apt install strace; Fedora: dnf install strace)"
                .to_owned(),
        ),
    }
}

const NO_PACKETS: &str = "the packets, because this system gives no private \
network here: `cargo lab doctor` says why, and what would help";

/// Ctrl-C ends what runs, and the picture then shows where it was.
fn end_the_program_and_not_the_picture() -> Result<()> {
    extern "C" fn nothing(_: nix::libc::c_int) {}
    // A handler and not SIG_IGN, which the programs would inherit.
    let action = SigAction::new(
        SigHandler::Handler(nothing),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGQUIT] {
        // SAFETY: the handler does nothing.
        #[expect(unsafe_code, reason = "nix can't know what a handler does")]
        unsafe { sigaction(signal, &action) }.context("sigaction")?;
    }
    Ok(())
}

/// A folder for the time of a recording.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Folder> {
        let template = std::env::temp_dir().join("trace-XXXXXX");
        let path = mkdtemp(&template)
            .with_context(|| format!("make {}", template.display()))?;
        Ok(Folder(path))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Recorded {
    /// Writes it into the folder, for [`Recorded::left_in`].
    fn leave_in(&self, folder: &Path) -> Result<()> {
        let json = serde_json::to_vec(&self.recording)?;
        fs::write(folder.join("recording.json"), json)
            .context("write the recording")?;
        let file = fs::File::create(folder.join("packets.pcap"))
            .context("write the packets")?;
        crate::pcap::write(file, &self.frames)
    }

    fn left_in(folder: &Path) -> Result<Recorded> {
        let json = fs::read(folder.join("recording.json"))
            .context("nothing was recorded")?;
        let file = fs::File::open(folder.join("packets.pcap"))
            .context("read the packets")?;
        Ok(Recorded {
            recording: serde_json::from_slice(&json)?,
            frames: crate::pcap::read(file)?,
        })
    }
}

/// In the surroundings of the run.
fn run(job: &Job, folder: &Path, packets: bool) -> Result<Recorded> {
    fs::write(folder.join("began"), "").context("begin")?;
    lead_a_group(packets);
    let mut missing = Vec::new();
    let capture = if packets {
        Some(Capture::start()?)
    } else {
        missing.push(NO_PACKETS.to_owned());
        None
    };
    let no_strace = strace_is_missing();
    let traced = no_strace.is_none();
    missing.extend(no_strace);
    ensure!(
        traced || packets,
        "nothing can be recorded here: {}",
        missing.join("; ")
    );
    let late = start_all(job, folder, traced);
    surroundings::clear(if packets {
        Surroundings::Private
    } else {
        Surroundings::Shared
    });
    let captured = capture.map_or_else(Captured::default, Capture::end);
    let around = Around {
        command: job.command.clone(),
        missing,
        names: job
            .programs
            .iter()
            .map(|start| start.name.clone())
            .collect(),
        ..Around::default()
    };
    let mut recording = assemble(folder, &captured, around)?;
    if late? {
        let limit = job.limit;
        for end in recording.lanes.iter_mut().filter_map(|l| l.end.as_mut()) {
            if end.how.starts_with("killed by SIGKILL") {
                end.how = format!("still running after {limit:?}");
            }
        }
    }
    Ok(Recorded {
        recording,
        frames: captured.frames,
    })
}

/// Makes this process the leader of a group, in the foreground where its
/// caller was: a program that asks for its group is told 0 where the group's
/// leader is outside its namespace.
fn lead_a_group(private: bool) {
    if !private {
        return;
    }
    let was = tcgetpgrp(io::stdin());
    let foreground = was.is_ok() && was == Ok(getpgrp());
    if setpgid(Pid::from_raw(0), Pid::from_raw(0)).is_ok() && foreground {
        take_the_terminal();
    }
}

/// Puts this process's group into the foreground of the terminal.
fn take_the_terminal() {
    // Who is in the background is stopped by that call, unless it blocks the
    // signal.
    let mut stop = SigSet::empty();
    stop.add(Signal::SIGTTOU);
    let _ = stop.thread_block();
    let _ = tcsetpgrp(io::stdin(), getpgrp());
    let _ = stop.thread_unblock();
}

/// A program that runs, or the strace that runs it.
struct Running {
    pid: Pid,
    /// The program's file.
    path: PathBuf,
    ended: Receiver<()>,
}

/// Starts the programs and waits for their ends; whether one had to be ended
/// because it took too long.
fn start_all(job: &Job, folder: &Path, traced: bool) -> Result<bool> {
    let (first, others) =
        job.programs.split_first().context("nothing to run")?;
    let deadline = Instant::now() + job.limit;
    let (says, address) = channel();
    let server = start(first, 0, folder, traced, job.output, Some(says))?;
    if others.is_empty() {
        return Ok(!server.ends_by(deadline, traced));
    }
    let left = deadline.saturating_duration_since(Instant::now());
    let address: SocketAddr = match address.recv_timeout(left) {
        Ok(address) => address,
        Err(RecvTimeoutError::Disconnected) => bail!(
            "{} ended before it said \"listening on ADDRESS:PORT\"",
            first.name
        ),
        Err(RecvTimeoutError::Timeout) => {
            server.ends_by(Instant::now(), traced);
            bail!(
                "{} did not say \"listening on ADDRESS:PORT\" within {:?}",
                first.name,
                job.limit
            )
        }
    };
    let mut running = vec![server];
    let at_rest = |running: &[Running]| {
        let all: Vec<Pid> =
            running.iter().map(|one| one.program(traced)).collect();
        kernel::come_to_rest(&all, job.limit)
    };
    for (at, other) in others.iter().enumerate() {
        let mut other = other.clone();
        for arg in &mut other.args {
            *arg = arg
                .replace("{address}", &address.to_string())
                .replace("{host}", &address.ip().to_string())
                .replace("{port}", &address.port().to_string());
        }
        // One comes when nothing moves any more: who is first does not
        // depend on the scheduler.
        at_rest(&running);
        running.push(start(&other, at + 1, folder, traced, job.output, None)?);
    }
    at_rest(&running);
    // A server goes on for ever; its end is the last thing that its clients
    // see.
    let server = running.remove(0);
    let _ = kill(server.program(traced), Signal::SIGTERM);
    server.ends_by(Instant::now() + LAST_WORDS, traced);
    let deadline = Instant::now() + LAST_WORDS;
    let mut late = false;
    for other in &running {
        late |= !other.ends_by(deadline, traced);
    }
    Ok(late)
}

impl Running {
    /// The program itself: where it is traced, a child of strace.
    fn program(&self, traced: bool) -> Pid {
        let deadline = Instant::now() + LAST_WORDS;
        while traced && Instant::now() < deadline {
            // strace also starts children to try what ptrace can do here.
            let own = kernel::children(self.pid).into_iter().find(|child| {
                let exe = fs::read_link(format!("/proc/{child}/exe"));
                exe.is_ok_and(|exe| exe == self.path)
            });
            if let Some(own) = own {
                return own;
            }
            // strace has yet to start it, or has seen its end.
            if self.ended.recv_timeout(LOOK) != Err(RecvTimeoutError::Timeout) {
                break;
            }
        }
        self.pid
    }

    /// Waits for the end, and brings it about at the deadline: whether it came
    /// by itself.
    fn ends_by(&self, deadline: Instant, traced: bool) -> bool {
        let left = deadline.saturating_duration_since(Instant::now());
        if self.ended.recv_timeout(left) != Err(RecvTimeoutError::Timeout) {
            return true;
        }
        let _ = kill(self.program(traced), Signal::SIGKILL);
        // strace writes its last lines and ends too.
        let _ = self.ended.recv_timeout(LAST_WORDS);
        false
    }
}

/// strace, so that it writes what [`strace`] reads, for the program whose
/// number is `number`.
fn tracer(folder: &Path, number: usize) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["--follow-forks", "--output-separately", "--decode-fds=all"])
        .args(["--absolute-timestamps=format:unix,precision:ns"])
        .args(["--syscall-times=ns", "--string-limit=48"])
        // The environment of a program tells its name.
        .args(["--abbrev=!execve", "--quiet=attach,personality"])
        .arg(format!("--trace={}", call::TRACED))
        .arg("--output")
        .arg(folder.join(format!("calls-{number}")));
    command
}

fn start(
    program: &Start,
    number: usize,
    folder: &Path,
    traced: bool,
    output: Output,
    says: Option<Sender<SocketAddr>>,
) -> Result<Running> {
    let mut command = if traced {
        let mut command = tracer(folder, number);
        command.arg("--").arg(&program.path);
        command
    } else {
        Command::new(&program.path)
    };
    command.args(&program.args).stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("start {}", program.name))?;
    let pid = Pid::from_raw(child.id().cast_signed());
    let stdout = child.stdout.take().context("its standard output")?;
    thread::spawn(move || {
        pass_on(BufReader::new(stdout), output, says.as_ref());
    });
    let (tell, ended) = channel();
    thread::spawn(move || {
        let _ = child.wait();
        let _ = tell.send(());
    });
    let path = fs::canonicalize(&program.path)
        .with_context(|| format!("find {}", program.path.display()))?;
    Ok(Running { pid, path, ended })
}

/// Passes on what a program prints, and tells where it listens.
fn pass_on(
    mut lines: impl BufRead,
    output: Output,
    says: Option<&Sender<SocketAddr>>,
) {
    let mut line = Vec::new();
    while lines
        .read_until(b'\n', &mut line)
        .is_ok_and(|count| count > 0)
    {
        let _ = match output {
            Output::Shown => io::stdout().write_all(&line),
            Output::Aside => io::stderr().write_all(&line),
            Output::Hidden => Ok(()),
        };
        let text = String::from_utf8_lossy(&line);
        let address = text
            .trim_end()
            .strip_prefix("listening on ")
            .and_then(|rest| rest.split(' ').next()?.parse().ok());
        if let (Some(address), Some(says)) = (address, says) {
            let _ = says.send(address);
        }
        line.clear();
    }
}
