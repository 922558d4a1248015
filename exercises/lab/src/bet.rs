//! `cargo lab bet`: a prediction, marked by the learner's own kernel.

use std::io::{BufRead, Read, stdin};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use colored::Colorize;
use course::{Bet, machine};

use crate::build::Leash;
use crate::map::{Map, misnamed};
use crate::progress::{Progress, What};
use crate::screen::{flow, hang, wrap};
use crate::{Done, Trouble, run};

/// How long a program of the book may take; the longest needs about 1 s.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn bet(
    map: &Map,
    progress: &mut Progress,
    asked: Option<&str>,
    answer: Option<usize>,
) -> Done {
    let Some((topic, bet)) = choose(map, progress, asked)? else {
        say!("Every bet is settled. A name asks one of them again:");
        for (topic, bet) in map.bets() {
            say!("  cargo lab bet {:<24} {topic}", bet.name);
        }
        return Ok(true);
    };
    if let Some(why) = machine::lacks_any(&bet.needs) {
        say!("{} can't be settled on this machine: it {why}.", bet.name);
        return Ok(true);
    }
    say!("{} {}\n", bet.name.bold(), format!("({topic})").dimmed());
    say!("{}\n", wrap(&flow(&bet.question), ""));
    for (at, choice) in bet.choices.iter().enumerate() {
        let number = format!("  {}. ", at + 1);
        say!("{}", hang(&flow(&choice.text), &number, "     "));
    }
    let count = bet.choices.len();
    let given = match answer {
        Some(number) if (1..=count).contains(&number) => number,
        Some(number) => {
            return Err(Trouble::Misused(format!(
                "there is no answer {number}; there are 1 to {count}"
            )));
        }
        None => ask(count)?,
    };
    let leash = Arc::new(Leash::default());
    leash.end_with_signals()?;
    let output = output(map, bet, &leash)?;
    say!("\n$ cargo run --bin {}", command(bet));
    say_part!("{output}");
    say!();
    let right = match bet.settle(&output) {
        Ok(at) => at + 1,
        Err(problem) => {
            say!(
                "{}",
                wrap(
                    &format!(
                        "Your kernel did something that this bet did not \
                         think of: {problem}. Nothing is lost or won; please \
                         report it with the output above."
                    ),
                    ""
                )
            );
            return Ok(true);
        }
    };
    let first = !progress.settled(&bet.name);
    if given == right {
        say!("{}", "Your kernel agrees with you.".green().bold());
    } else {
        let text = format!("Your kernel says {right}, not {given}.");
        say!("{}", text.red().bold());
    }
    say!("{}", wrap(&flow(&bet.why), ""));
    say!("The lesson: book/src/{}", bet.page);
    if first {
        let what = if given == right {
            What::Won
        } else {
            What::Lost
        };
        progress.note(&bet.name, what)?;
    }
    Ok(true)
}

fn command(bet: &Bet) -> String {
    let mut line = bet.program.clone();
    if !bet.args.is_empty() {
        line += " -- ";
        line += &bet.args.join(" ");
    }
    line
}

/// The next open bet, of a topic or of all; or the one of this name.
fn choose<'a>(
    map: &'a Map,
    progress: &Progress,
    asked: Option<&str>,
) -> Result<Option<(&'a str, &'a Bet)>, Trouble> {
    let open = |(_, bet): &(&str, &Bet)| !progress.settled(&bet.name);
    let Some(asked) = asked else {
        return Ok(map.bets().find(open));
    };
    if let Some(named) = map.bets().find(|(_, bet)| bet.name == asked) {
        return Ok(Some(named));
    }
    let of_topic = |(topic, _): &(&str, &Bet)| {
        *topic == asked || topic.split('-').next() == Some(asked)
    };
    if !map.bets().any(|bet| of_topic(&bet)) {
        let known = map
            .bets()
            .flat_map(|(topic, bet)| [topic, bet.name.as_str()]);
        return Err(misnamed("topic or bet", asked, known, "cargo lab list"));
    }
    let mut of_topic = map.bets().filter(of_topic);
    Ok(of_topic.find(open))
}

/// Asks until the answer is one of the numbers.
fn ask(count: usize) -> Result<usize, Trouble> {
    say!();
    loop {
        say_part!("Your answer (1 to {count}): ");
        let mut line = String::new();
        if stdin().lock().read_line(&mut line)? == 0 {
            say!();
            return Err(Trouble::Misused(
                "no answer; the bet stays open".to_owned(),
            ));
        }
        match line.trim().parse() {
            Ok(number) if (1..=count).contains(&number) => return Ok(number),
            _ => say!("A number from 1 to {count}, please."),
        }
    }
}

/// What the program prints on this machine.
fn output(map: &Map, bet: &Bet, leash: &Arc<Leash>) -> Result<String> {
    let program = &bet.program;
    let path = run::build(map, program, leash)?;
    let mut command = Command::new(path);
    command
        .args(&bet.args)
        .current_dir(&map.top)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = leash.start(&mut command)?;
    let mut stdout = child.stdout.take().context("its output")?;
    let (sender, ended) = channel();
    thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.read_to_end(&mut output);
        // Nobody listens any more where it was too late.
        let _ = sender.send(read.map(|_| output));
    });
    let Ok(output) = ended.recv_timeout(LIMIT) else {
        leash.pull();
        leash.wait(&mut child)?;
        bail!("{program} has not ended within {} s", LIMIT.as_secs());
    };
    let status = leash.wait(&mut child)?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    Ok(String::from_utf8_lossy(&output?).into_owned())
}
