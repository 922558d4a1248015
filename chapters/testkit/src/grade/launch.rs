//! How a check starts the program: arguments, standard input, limits.

use std::ffi::OsString;
use std::fmt;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;
use nix::libc;
use nix::sys::resource::{Resource, setrlimit};

use super::{Target, confinement};

/// How a program is started. Made by [`args`].
pub struct Launch {
    args: Vec<String>,
    input: Stdin,
    descriptors: Option<u64>,
}

enum Stdin {
    Empty,
    Fed(Vec<u8>),
    Piped,
    On(OwnedFd, String),
}

/// What is left to do with standard input once the program runs.
pub(super) enum Input {
    Fed(Vec<u8>),
    Piped,
    Other,
}

/// A start with these arguments and nothing on standard input.
pub fn args(args: &[&str]) -> Launch {
    Launch {
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        input: Stdin::Empty,
        descriptors: None,
    }
}

/// The largest file a program may write, in bytes: a disk is soon full.
const FILE_LIMIT: libc::rlim_t = 64 << 20;

impl Launch {
    /// Standard input holds these bytes and then ends.
    #[must_use]
    pub fn fed(mut self, bytes: impl Into<Vec<u8>>) -> Launch {
        self.input = Stdin::Fed(bytes.into());
        self
    }

    /// Standard input is a pipe that stays open: see
    /// [`feeds`](super::Attempt::feeds).
    #[must_use]
    pub fn piped(mut self) -> Launch {
        self.input = Stdin::Piped;
        self
    }

    /// Descriptor 0 is this one.
    #[must_use]
    pub fn on(self, descriptor: impl Into<OwnedFd>) -> Launch {
        self.on_named(descriptor, "a descriptor of ours")
    }

    /// As [`Launch::on`]; the story says what it is.
    #[must_use]
    pub fn on_named(
        mut self,
        descriptor: impl Into<OwnedFd>,
        what: &str,
    ) -> Launch {
        self.input = Stdin::On(descriptor.into(), what.to_owned());
        self
    }

    /// The program may have that many descriptors open (`RLIMIT_NOFILE`), the
    /// three standard ones among them.
    #[must_use]
    pub fn descriptors(mut self, count: u64) -> Launch {
        self.descriptors = Some(count);
        self
    }

    pub(super) fn command(
        self,
        target: &Target,
        folder: &Path,
        by: &[OsString],
    ) -> Result<(Command, Input)> {
        let mut descriptors = self.descriptors;
        let mut command = if let Some((first, rest)) = by.split_first() {
            let mut command = Command::new(first);
            command.args(rest);
            // The limit is the program's, and not that of what watches it.
            if let Some(count) = descriptors.take() {
                let limit = format!("ulimit -n {count}; exec \"$0\" \"$@\"");
                command.args(["sh", "-c", &limit]);
            }
            command.arg(&target.path);
            command
        } else {
            let mut command = Command::new(&target.path);
            if let Some(name) = &target.name {
                command.arg0(name);
            }
            command
        };
        command
            .args(&self.args)
            .current_dir(folder)
            .env("HOME", folder);
        let input = match self.input {
            Stdin::Empty => {
                command.stdin(Stdio::null());
                Input::Other
            }
            Stdin::On(descriptor, _) => {
                command.stdin(descriptor);
                Input::Other
            }
            Stdin::Fed(bytes) => {
                command.stdin(Stdio::piped());
                Input::Fed(bytes)
            }
            Stdin::Piped => {
                command.stdin(Stdio::piped());
                Input::Piped
            }
        };
        // First: it may need a descriptor of its own.
        if let Some(confinement) = confinement::current() {
            confinement.confine(&mut command)?;
        }
        limit(&mut command, descriptors);
        Ok((command, input))
    }
}

fn limit(command: &mut Command, descriptors: Option<u64>) {
    // SAFETY: between fork and exec the closure makes system calls only.
    #[expect(unsafe_code, reason = "what runs after fork must be signal-safe")]
    unsafe {
        command.pre_exec(move || {
            setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
            setrlimit(Resource::RLIMIT_FSIZE, FILE_LIMIT, FILE_LIMIT)?;
            if let Some(count) = descriptors {
                let count = count as libc::rlim_t;
                setrlimit(Resource::RLIMIT_NOFILE, count, count)?;
            }
            Ok(())
        });
    }
}

impl fmt::Display for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.args.is_empty() {
            write!(f, " with {}", self.args.join(" "))?;
        }
        match &self.input {
            Stdin::Empty => {}
            Stdin::Fed(bytes) => {
                write!(f, ", standard input is {}", super::quote(bytes))?;
            }
            Stdin::Piped => write!(f, ", standard input is open")?,
            Stdin::On(_, what) => write!(f, ", descriptor 0 is {what}")?,
        }
        if let Some(count) = self.descriptors {
            write!(f, ", with {count} descriptors at most")?;
        }
        Ok(())
    }
}
