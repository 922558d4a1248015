//! Runs one program for a Run button: builds it, starts it, passes on what it
//! prints, and ends it when it is time.

use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::commands::Program;
use crate::group::Group;
use crate::guard::Guard;
use crate::output::Decoder;

/// How long Cargo may take. The first program builds nix and the like.
const BUILD_TIME: Duration = Duration::from_secs(300);
/// How long a program may run,
const RUN_TIME: Duration = Duration::from_secs(30);
/// and how long one that waits for clients.
const SERVER_TIME: Duration = Duration::from_secs(600);
/// What a server prints first; see the chapters' rules.
const SERVER_SAYS: &str = "listening on ";
/// How much a program may print, in bytes.
const MOST_OUTPUT: usize = 256 << 10;
/// How long the last message may take to a page that does not read.
const FAREWELL: Duration = Duration::from_secs(5);

/// Runs `program` and sends what happens to the page, a JSON object each:
/// `{"kind": "build" | "output" | "end", "text": …}`, the end with `"ok"`.
/// Ends the program when the page stops listening.
pub(crate) async fn run(
    program: Program,
    root: PathBuf,
    guard: Arc<Guard>,
    page: Sender<Value>,
) {
    let run = Run {
        program,
        root,
        guard,
        page,
    };
    let end = run
        .steps()
        .await
        .unwrap_or_else(|err| Some(End::failed(&err)));
    if let Some(end) = end {
        let last = json!({ "kind": "end", "text": end.text, "ok": end.ok });
        let until = Instant::now() + FAREWELL;
        let _ = timeout_at(until, run.page.send(last)).await;
    }
}

struct Run {
    program: Program,
    root: PathBuf,
    guard: Arc<Guard>,
    page: Sender<Value>,
}

/// How it ended, in words for the reader.
struct End {
    text: String,
    ok: bool,
}

impl End {
    fn failed(err: &anyhow::Error) -> End {
        let text = format!("{err:#}");
        End { text, ok: false }
    }
}

/// Why a process is not listened to any longer.
enum Cut {
    Ended(io::Result<ExitStatus>),
    PageGone,
    TimeOver(Duration),
    TooMuch,
}

impl Run {
    /// `None` if the page went away.
    async fn steps(&self) -> Result<Option<End>> {
        let mut build = self.cargo();
        build.args(["build", "--color", "never", "--bin"]);
        build.arg(&self.program.name);
        let cut = self.execute(build, "build", BUILD_TIME).await?;
        match cut {
            Cut::Ended(Ok(status)) if status.success() => {}
            cut => return Ok(end("the build", cut)),
        }
        // Cargo makes way for the program: it keeps its process number, its
        // group and its exit code.
        let mut run = self.cargo();
        run.args(["run", "--quiet", "--color", "never", "--bin"]);
        run.arg(&self.program.name)
            .arg("--")
            .args(&self.program.arguments);
        let ran = self.execute(run, "output", RUN_TIME).await?;
        Ok(end("the program", ran))
    }

    fn cargo(&self) -> Command {
        // Set by Cargo where it runs us: the very same Cargo.
        let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        command
    }

    async fn execute(
        &self,
        mut command: Command,
        kind: &str,
        mut limit: Duration,
    ) -> Result<Cut> {
        // One pipe for both, so that lines stay in the order of printing.
        let (reader, writer) = io::pipe()?;
        command.stdin(Stdio::null());
        command.stdout(writer.try_clone()?).stderr(writer);
        let (group, child) = Group::start(command, Arc::clone(&self.guard))
            .context("cannot start cargo; is it on the PATH?")?;
        let mut output = pipe::Receiver::from_owned_fd(reader.into())?;
        let waiting = Arc::clone(&group);
        let mut exit = pin!(spawn_blocking(move || waiting.wait(child)));

        let started = Instant::now();
        let mut decoder = Decoder::default();
        let mut buffer = [0; 4096];
        let mut printed = 0;
        let mut open = true;
        let cut = loop {
            tokio::select! {
                biased;
                () = self.page.closed() => break Cut::PageGone,
                () = sleep_until(started + limit) => {
                    break Cut::TimeOver(limit);
                }
                read = output.read(&mut buffer), if open => {
                    let count = read.unwrap_or(0);
                    open = count > 0;
                    let text = decoder.text(&buffer[..count]);
                    if printed == 0 && text.starts_with(SERVER_SAYS) {
                        limit = SERVER_TIME;
                    }
                    printed += count;
                    self.send(kind, text, started + limit).await;
                    if printed > MOST_OUTPUT {
                        break Cut::TooMuch;
                    }
                }
                // Once the output has ended, so that all of it is passed on.
                status = &mut exit, if !open => {
                    return Ok(Cut::Ended(status?));
                }
            }
        };
        group.kill();
        let _ = exit.await;
        Ok(cut)
    }

    /// A page that does not read makes the program wait, not us for ever: at
    /// `until` the next turn of the loop notices.
    async fn send(&self, kind: &str, text: String, until: Instant) {
        if !text.is_empty() {
            let message = json!({ "kind": kind, "text": text });
            let _ = timeout_at(until, self.page.send(message)).await;
        }
    }
}

fn end(who: &str, cut: Cut) -> Option<End> {
    use std::os::unix::process::ExitStatusExt;
    let text = match cut {
        Cut::PageGone => return None,
        Cut::Ended(Err(err)) => format!("{who} was lost: {err}"),
        Cut::Ended(Ok(status)) => match (status.code(), status.signal()) {
            (Some(0), _) => {
                return Some(End {
                    text: "exit code 0".into(),
                    ok: true,
                });
            }
            (Some(code), _) if who == "the build" => {
                format!("{who} failed: exit code {code}")
            }
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("killed by signal {signal}"),
            (None, None) => format!("{status}"),
        },
        Cut::TimeOver(limit) => {
            format!("stopped: {who} took longer than {} s", limit.as_secs())
        }
        Cut::TooMuch => {
            let most = MOST_OUTPUT >> 10;
            format!("stopped: {who} printed more than {most} KiB")
        }
    };
    Some(End { text, ok: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;
    use tokio::time::timeout;

    /// Only a failing test waits this long.
    const HANG: Duration = Duration::from_secs(20);

    /// Runs a shell script; returns how it was cut and what it printed.
    fn shell(script: &str, limit: Duration) -> (Cut, String) {
        let (page, mut messages) = mpsc::channel(1);
        let arguments = Vec::new();
        let name = String::new();
        let run = Run {
            program: Program { name, arguments },
            root: PathBuf::new(),
            guard: Arc::new(Guard::absent()),
            page,
        };
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut text = String::new();
        let listen = async {
            while let Some(message) = messages.recv().await {
                text.push_str(message["text"].as_str().unwrap());
            }
        };
        let execute = async {
            let cut = run.execute(command, "output", limit).await;
            drop(run);
            cut.unwrap()
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let both = async { tokio::join!(execute, listen) };
        let limited = async { timeout(HANG, both).await };
        let ended = runtime.block_on(limited);
        // Or a process that was not ended would hold up the failure.
        runtime.shutdown_background();
        let (cut, ()) = ended.expect("the program was not ended");
        (cut, text)
    }

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_its_children() {
        // The shell waits for its child, so both would outlive the limit;
        // `shell` returns only when no process holds the pipe.
        let limit = Duration::from_millis(50);
        let (cut, _) = shell("sleep 600 & wait", limit);
        assert!(matches!(cut, Cut::TimeOver(over) if over == limit));
    }

    #[test]
    fn a_server_may_take_longer_than_other_programs() {
        let limit = Duration::from_millis(300);
        let script = "echo listening on 127.0.0.1:1; sleep 0.5; echo late";
        let (cut, text) = shell(script, limit);
        assert!(matches!(cut, Cut::Ended(Ok(status)) if status.success()));
        assert!(text.ends_with("late\n"));
    }

    #[test]
    fn a_program_that_prints_without_end_is_ended() {
        let (cut, text) = shell("yes", RUN_TIME);
        assert!(matches!(cut, Cut::TooMuch));
        assert!(text.len() > MOST_OUTPUT);
    }

    #[test]
    fn a_child_that_a_program_left_behind_does_not_hold_up_its_end() {
        let (cut, text) = shell("sleep 600 & echo done", RUN_TIME);
        assert!(matches!(cut, Cut::Ended(Ok(_))));
        assert_eq!(text, "done\n");
    }
}
