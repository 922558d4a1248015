//! The graded checks of `stale-set`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{
    self, Attempt, Check, Exercise, Listener, Peer, Run, args,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "stale-set",
    topic: "07-many-at-once",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "one_server_is_copied_to_its_end",
            why: "what a server sends is printed as it comes, and when every \
                  server has ended its stream the program ends",
            run: one_server_is_copied_to_its_end,
        },
        Check {
            name: "a_server_that_was_quiet_is_heard_when_it_speaks",
            why: "a server that had nothing to say in one turn may have \
                  something in the next",
            run: a_server_that_was_quiet_is_heard_when_it_speaks,
        },
        Check {
            name: "a_server_that_has_ended_keeps_nobody_awake",
            why: "the end of a stream is reported for ever, so a server that \
                  has ended is watched no more; the others are",
            run: a_server_that_has_ended_keeps_nobody_awake,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-stale-set")
        .or(option_env!("CARGO_BIN_EXE_sol-stale-set"));
    grade::main(&EXERCISE, program)
}

/// Starts the program with a server for each name, and takes its connections.
fn servers(a: &mut Attempt, names: &[&str]) -> Result<(Run, Vec<Peer>)> {
    let mut listeners: Vec<Listener> = Vec::new();
    for name in names {
        listeners.push(a.listener(name)?);
    }
    let addresses: Vec<String> =
        listeners.iter().map(|l| l.address.to_string()).collect();
    let words: Vec<&str> = addresses.iter().map(String::as_str).collect();
    let run = a.start(args(&words))?;
    let mut peers = Vec::new();
    for (listener, name) in listeners.iter().zip(names) {
        peers.push(a.accepts(listener, name)?);
    }
    // All are connected, and nobody speaks.
    a.sleeps(&run)?;
    Ok((run, peers))
}

/// Has a server send a line, and waits until the program prints it.
fn speaks(
    a: &mut Attempt,
    run: &Run,
    server: &mut Peer,
    number: usize,
) -> Result<String> {
    let word = a.word();
    a.sends(server, format!("{word}\n").as_bytes())?;
    a.prints(run, number, &word)?;
    Ok(word)
}

fn one_server_is_copied_to_its_end(a: &mut Attempt) -> Result<()> {
    let (run, mut servers) = servers(a, &["server A"])?;
    let mut all = String::new();
    for number in 0..3 {
        all += &speaks(a, &run, &mut servers[0], number)?;
        all += "\n";
    }
    // And something without a newline.
    let word = a.word();
    a.sends(&mut servers[0], word.as_bytes())?;
    all += &word;
    a.closes(servers.remove(0));
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, all.as_bytes())
}

fn a_server_that_was_quiet_is_heard_when_it_speaks(
    a: &mut Attempt,
) -> Result<()> {
    let names = ["server A", "server B", "server C"];
    let (run, mut servers) = servers(a, &names)?;
    let first = a.random.usize(0..3);
    for number in 0..4 {
        speaks(a, &run, &mut servers[(first + number) % 3], number)?;
    }
    Ok(())
}

fn a_server_that_has_ended_keeps_nobody_awake(a: &mut Attempt) -> Result<()> {
    let (run, mut servers) = servers(a, &["server A", "server B"])?;
    let ended = servers.remove(a.random.usize(0..2));
    a.closes(ended);
    a.sleeps(&run)?;
    for number in 0..2 {
        speaks(a, &run, &mut servers[0], number)?;
    }
    Ok(())
}
