//! The process at the other end: the same program, started again in its other
//! role.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};

use crate::entry::OutputError;

/// The environment variable that gives a peer its name on the page.
pub(crate) const LABEL: &str = "STAGE_LABEL";

/// Where the pipes to a peer are moved to, so that the sockets of a program
/// get the small numbers that a reader sees in any other program: 3, 4, 5.
const OUT_OF_THE_WAY: i32 = 100;

/// A second process that plays the other side, and what it says.
///
/// Its lines reach standard output only through [`Peer::show`], so that they
/// stand where the program wants them, in the same place in every run: `show`
/// waits until the peer has made its next step. The peer in turn waits in
/// [`wait_for_go`] where it must not be early. Dropping a `Peer` ends the
/// process.
#[derive(Debug)]
pub struct Peer {
    label: String,
    child: Child,
    lines: BufReader<File>,
    go: Option<File>,
}

impl Peer {
    /// Starts this very program again, with `args`, under the name `label`.
    ///
    /// The peer inherits standard input, output and error (the first two are
    /// pipes to this process) and no other descriptor: a socket that it held
    /// by accident would keep a connection open that its owner has closed.
    pub fn start(label: &str, args: &[&str]) -> Result<Peer> {
        let mut command = Command::new(env::current_exe()?);
        command
            .args(args)
            .env(LABEL, label)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none() {
            command.env("CLICOLOR_FORCE", "1");
        }
        inherit_nothing(&mut command);
        let mut child =
            command.spawn().with_context(|| format!("start {label}"))?;
        let go = child.stdin.take().context("the peer's standard input")?;
        let lines =
            child.stdout.take().context("the peer's standard output")?;
        Ok(Peer {
            label: label.into(),
            go: Some(out_of_the_way(go)?),
            lines: BufReader::new(out_of_the_way(lines)?),
            child,
        })
    }

    /// The process number of the peer.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the peer's first line, prints it, and gives back the address
    /// in it (`listening on 127.0.0.1:40000`).
    pub fn listening(&mut self) -> Result<String> {
        let line = self.show()?;
        match line.strip_prefix("listening on ") {
            Some(address) => Ok(address.into()),
            None => bail!("{} said {line:?} before its address", self.label),
        }
    }

    /// Waits for the peer's next line, prints it, and gives it back.
    pub fn show(&mut self) -> Result<String> {
        let mut line = String::new();
        let length = self
            .lines
            .read_line(&mut line)
            .with_context(|| format!("read from {}", self.label))?;
        if length == 0 {
            bail!("{} ended before its next step", self.label);
        }
        write!(io::stdout(), "{line}").map_err(OutputError)?;
        Ok(line.trim_end().into())
    }

    /// Lets the peer go on from its next [`wait_for_go`].
    pub fn go(&mut self) -> Result<()> {
        let go = self.go.as_mut().context("the peer takes no more steps")?;
        go.write_all(b"\n")
            .with_context(|| format!("{} has ended", self.label))
    }

    /// Kills the peer as `kill -9` does: none of its code runs any more.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Prints what the peer still has to say, waits until it has ended, and
    /// fails unless its exit code was 0.
    pub fn finish(mut self) -> Result<()> {
        let status = self.end()?;
        if !status.success() {
            bail!("{} ended with {status}", self.label);
        }
        Ok(())
    }

    /// As [`Peer::finish`], for a peer that is expected to fail.
    pub fn end(&mut self) -> Result<ExitStatus> {
        self.go = None;
        let mut line = String::new();
        while self.lines.read_line(&mut line)? > 0 {
            write!(io::stdout(), "{line}").map_err(OutputError)?;
            line.clear();
        }
        Ok(self.child.wait()?)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Both fail only where the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the peer: waits until the other side lets it take its next step.
///
/// A reader who runs one side by hand presses Enter instead.
pub fn wait_for_go() -> Result<()> {
    let mut line = String::new();
    io::stdin()
        .read_line(&mut line)
        .context("read from standard input")?;
    Ok(())
}

fn out_of_the_way(pipe: impl Into<OwnedFd>) -> Result<File> {
    let pipe = pipe.into();
    match fcntl(pipe.as_fd(), FcntlArg::F_DUPFD_CLOEXEC(OUT_OF_THE_WAY)) {
        // SAFETY: fcntl has just made it, and nobody else knows the number.
        #[expect(unsafe_code, reason = "nix gives the copy as a bare number")]
        Ok(moved) => Ok(File::from(unsafe { OwnedFd::from_raw_fd(moved) })),
        // This process may open fewer descriptors (`ulimit -n`).
        Err(Errno::EINVAL | Errno::EMFILE) => Ok(File::from(pipe)),
        Err(errno) => Err(errno).context("move a pipe"),
    }
}

/// Closes everything but standard input, output and error in the new process.
fn inherit_nothing(command: &mut Command) {
    // SAFETY: between fork and exec the closure makes system calls only; it
    // allocates nothing and takes no lock.
    #[expect(unsafe_code, reason = "what runs after fork must be signal-safe")]
    unsafe {
        command.pre_exec(|| {
            sys::close_on_exec_from(3);
            Ok(())
        });
    }
}
