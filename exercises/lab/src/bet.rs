//! `cargo lab bet`: a prediction, marked by the learner's own kernel.

use std::io::{BufRead, Write, stdin, stdout};
use std::process::Stdio;

use anyhow::{Context, Result, anyhow};
use colored::Colorize;
use course::{Bet, machine};

use crate::map::{Map, misnamed};
use crate::progress::{Progress, What};
use crate::screen::wrap;
use crate::{Done, Trouble, build};

pub(crate) fn bet(
    map: &Map,
    progress: &mut Progress,
    asked: Option<&str>,
    answer: Option<usize>,
) -> Done {
    let Some((topic, bet)) = choose(map, progress, asked)? else {
        println!("Every bet is settled. A name asks one of them again:");
        for (topic, bet) in map.bets() {
            println!("  cargo lab bet {:<24} {topic}", bet.name);
        }
        return Ok(true);
    };
    if let Some(why) = machine::lacks_any(&bet.needs) {
        println!("{} can't be settled on this machine: it {why}.", bet.name);
        return Ok(true);
    }
    println!("{} {}\n", bet.name.bold(), format!("({topic})").dimmed());
    println!("{}\n", wrap(bet.question.trim(), ""));
    for (at, choice) in bet.choices.iter().enumerate() {
        let text = wrap(&choice.text, "     ");
        println!("  {}. {}", at + 1, text.trim_start());
    }
    println!();
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
    let output = output(map, topic, bet)?;
    println!("\n$ cargo run --bin {}", command(bet));
    print!("{output}");
    println!();
    let right = match bet.settle(&output) {
        Ok(at) => at + 1,
        Err(problem) => {
            println!(
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
        println!("{}", "Your kernel agrees with you.".green().bold());
    } else {
        println!("{}", format!("Your kernel says {right}.").red().bold());
    }
    println!("{}", wrap(bet.why.trim(), ""));
    println!("The lesson: book/src/{}", bet.page);
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
        return Err(misnamed("topic or bet", asked, known, "cargo lab"));
    }
    let mut of_topic = map.bets().filter(of_topic);
    Ok(of_topic.find(open))
}

/// Asks until the answer is one of the numbers.
fn ask(count: usize) -> Result<usize, Trouble> {
    loop {
        print!("Your answer (1 to {count}): ");
        stdout().flush()?;
        let mut line = String::new();
        if stdin().lock().read_line(&mut line)? == 0 {
            println!();
            return Err(Trouble::Misused(
                "no answer; the bet stays open".to_owned(),
            ));
        }
        match line.trim().parse() {
            Ok(number) if (1..=count).contains(&number) => return Ok(number),
            _ => println!("A number from 1 to {count}, please."),
        }
    }
}

/// What the program prints on this machine.
fn output(map: &Map, topic: &str, bet: &Bet) -> Result<String> {
    let mut command = build::cargo();
    command
        .args(["run", "--quiet", "-p", &format!("ch-{topic}")])
        .args(["--bin", &bet.program, "--"])
        .args(&bet.args)
        .current_dir(&map.top)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().context("start cargo")?;
    if !output.status.success() {
        return Err(anyhow!("{} ended with {}", bet.program, output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
