//! How an exercise is graded: checks that start the program, play its peer,
//! and tell a story when something else comes than the task says.

use std::fmt::{self, Write as _};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use libtest_mimic::{Arguments, Failed, Trial};
use nix::libc;
use nix::sys::socket::{setsockopt, sockopt};

use crate::program::{DEADLINE, Program, say};

/// A graded exercise.
pub struct Exercise {
    /// Its name: `greeter`.
    pub name: &'static str,
    /// The page to read again when a check fails.
    pub page: &'static str,
    /// Its checks, in the order in which failures are told.
    pub checks: &'static [Check],
}

/// One thing that the task asks for.
pub struct Check {
    /// A sentence: `a_client_that_resets_harms_nobody`.
    pub name: &'static str,
    /// What the task says about it, in one sentence.
    pub why: &'static str,
    /// Tries it on a program.
    pub run: fn(&mut Attempt) -> Result<()>,
}

/// One check on one program: what it has done so far.
pub struct Attempt {
    path: String,
    steps: Vec<String>,
    server: Option<Program>,
}

impl Attempt {
    /// Notes a step that has been done.
    pub fn step(&mut self, step: impl fmt::Display) {
        self.steps.push(step.to_string());
    }

    /// Starts the program and waits for its address. It runs until the check
    /// is over.
    pub fn server(&mut self, args: &[&str]) -> Result<SocketAddr> {
        let program = Program::start(&self.path, args)?;
        let address = program.address()?;
        self.server = Some(program);
        self.step(format_args!("the server listens on {address}"));
        address.parse().with_context(|| format!("{address:?}"))
    }

    /// Connects a client to `address`; it goes by `name` in the story.
    pub fn client(
        &mut self,
        name: &str,
        address: SocketAddr,
    ) -> Result<Client> {
        let stream = TcpStream::connect_timeout(&address, DEADLINE)
            .with_context(|| format!("{name} connects"))?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        self.step(format_args!("{name} connects"));
        Ok(Client {
            name: name.into(),
            stream: BufReader::new(stream),
        })
    }

    /// Fails unless the client hears `line`, complete, next.
    pub fn hears(&mut self, client: &mut Client, line: &str) -> Result<()> {
        self.hears_one_of(client, &[line.to_owned()])
    }

    /// Fails unless the client hears one of `lines`, complete, next.
    pub fn hears_one_of(
        &mut self,
        client: &mut Client,
        lines: &[String],
    ) -> Result<()> {
        let quoted: Vec<String> =
            lines.iter().map(|line| format!("{line:?}")).collect();
        let line = quoted.join(" or ");
        let mut heard = Vec::new();
        let read = client.stream.read_until(b'\n', &mut heard);
        let heard = String::from_utf8_lossy(&heard).into_owned();
        let name = &client.name;
        match read {
            Err(error) if is_timeout(&error) => bail!(
                "expected: {name} hears {line}\n     got: {heard:?}, and \
                 nothing more within {DEADLINE:?}"
            ),
            Err(error) => {
                bail!("expected: {name} hears {line}\n     got: {error}")
            }
            Ok(_) => ensure!(
                lines.contains(&heard),
                "expected: {name} hears {line}\n     got: {heard:?}"
            ),
        }
        self.step(format_args!("{name} hears {heard:?}"));
        Ok(())
    }

    /// Fails unless the client's next read is the end of the stream.
    pub fn sees_the_end(&mut self, client: &mut Client) -> Result<()> {
        let name = client.name.clone();
        let mut byte = [0];
        match client.stream.read(&mut byte) {
            Ok(0) => {}
            Ok(_) => bail!(
                "expected: {name} sees the end of the stream\n     got: \
                 more bytes"
            ),
            Err(error) if is_timeout(&error) => bail!(
                "expected: {name} sees the end of the stream\n     got: \
                 nothing within {DEADLINE:?}; the connection is still open"
            ),
            Err(error) => bail!(
                "expected: {name} sees the end of the stream\n     got: \
                 {error}"
            ),
        }
        self.step(format_args!("{name} sees the end of the stream"));
        Ok(())
    }
}

/// A client that a check plays.
pub struct Client {
    name: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Sends bytes.
    pub fn sends(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream
            .get_mut()
            .write_all(bytes)
            .with_context(|| format!("{} sends", self.name))
    }

    /// Says that it will send no more.
    pub fn shuts_down_writing(&mut self) -> Result<()> {
        Ok(self.stream.get_mut().shutdown(Shutdown::Write)?)
    }

    /// Leaves with a reset.
    pub fn resets(self) -> Result<()> {
        let stream = self.stream.into_inner();
        let at_once = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        Ok(setsockopt(&stream, sockopt::Linger, &at_once)?)
    }
}

/// Grades `program` by plain Cargo: a test for each check.
///
/// `program` is where Cargo put the program of this package, learner's or
/// reference: `option_env!("CARGO_BIN_EXE_ex-…").or(option_env!("…sol-…"))`.
pub fn main(exercise: &'static Exercise, program: Option<&str>) -> ExitCode {
    let Some(program) = program else {
        say(format_args!("{}: no program to grade", exercise.name));
        return ExitCode::FAILURE;
    };
    let trials = exercise
        .checks
        .iter()
        .map(|check| {
            let program = program.to_owned();
            Trial::test(check.name, move || {
                run(exercise, check, &program).map_err(Failed::from)
            })
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs all checks on `program`: the names of those that fail, with their
/// stories.
pub fn failures(
    exercise: &Exercise,
    program: &str,
) -> Vec<(&'static str, String)> {
    let failed = |check: &Check| {
        let story = run(exercise, check, program).err()?;
        Some((check.name, story))
    };
    exercise.checks.iter().filter_map(failed).collect()
}

fn run(
    exercise: &Exercise,
    check: &Check,
    program: &str,
) -> Result<(), String> {
    let mut attempt = Attempt {
        path: program.to_owned(),
        steps: Vec::new(),
        server: None,
    };
    let Err(error) = (check.run)(&mut attempt) else {
        return Ok(());
    };
    let mut story = String::new();
    for (at, step) in attempt.steps.iter().enumerate() {
        let _ = writeln!(story, "{:4} {step}", at + 1);
    }
    let _ = writeln!(story, "{error:#}");
    // What a client saw of it (refused, reset) says less than its end.
    if let Some(end) = attempt.server.and_then(Program::obituary) {
        let _ = writeln!(story, "  server: {end}");
    }
    let _ = writeln!(story, "     why: {}", check.why);
    let _ = writeln!(story, "    read: {}", exercise.page);
    Err(story)
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
