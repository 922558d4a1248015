//! How long from a save to the verdict on the screen, in watch mode: a
//! pseudo-terminal, a file that gets a line more, and the text to wait for.
//!
//! `verdict.sh` calls it for `cargo lab watch` and for rustlings.

#[path = "../tests/lab/terminal.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod terminal;

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::poll::poll;

use terminal::Terminal;

const USAGE: &str = "usage: watch RUNS FILE TEXT COMMAND [ARGS]
example: watch 21 exercises/05-transfer/src/bin/line-by-line.rs \
'on to the next one' target/debug/lab watch line-by-line";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("watch: {error:#}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<()> {
    // Cargo adds `--bench`.
    let args: Vec<String> =
        env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [runs, file, text, program, rest @ ..] = &args[..] else {
        anyhow::bail!("too few arguments");
    };
    let runs: usize = runs.parse().context("RUNS")?;
    ensure!(runs > 0, "no runs");
    let mut command = Command::new(program);
    command.args(rest);
    let mut terminal = Terminal::open(command, 100)?;
    terminal.sees(text)?;
    let mut times = Vec::new();
    for run in 0..runs {
        // Nobody saves in the moment of a verdict, and rustlings does not
        // look at a save that comes then.
        poll(&mut [], 500_u16)?;
        let mut file = OpenOptions::new()
            .append(true)
            .open(file)
            .with_context(|| file.clone())?;
        writeln!(file, "// {run}")?;
        drop(file);
        let saved = Instant::now();
        terminal.sees(text)?;
        times.push(saved.elapsed());
    }
    terminal.types("q")?;
    terminal.ends()?;
    times.sort();
    let seconds = |time: Duration| time.as_secs_f64();
    println!(
        "{}: median {:.3} s, {:.3} to {:.3} s, {runs} saves",
        args[3..].join(" "),
        seconds(times[runs / 2]),
        seconds(times[0]),
        seconds(times[runs - 1])
    );
    Ok(())
}
