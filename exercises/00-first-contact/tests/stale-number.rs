//! The graded checks of `stale-number`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{
    self, Attempt, Check, Exercise, Listener, Peer, Run, args,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "stale-number",
    topic: "00-first-contact",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "each_server_hears_what_is_meant_for_it",
            why: "a number is a socket's only until its owner is dropped; \
                  then the next socket gets it, and the bytes",
            run: each_server_hears_what_is_meant_for_it,
        },
        Check {
            name: "the_sender_is_let_go_while_the_receiver_stays",
            why: "the connection to the sender ends when its owner is \
                  dropped, and then the program sleeps until the receiver \
                  has closed",
            run: the_sender_is_let_go_while_the_receiver_stays,
        },
        Check {
            name: "nothing_is_called_delivered_that_was_not",
            why: "where no receiver can be reached, no line was delivered, \
                  and the program has failed",
            run: nothing_is_called_delivered_that_was_not,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-stale-number")
        .or(option_env!("CARGO_BIN_EXE_sol-stale-number"));
    grade::main(&EXERCISE, program)
}

/// What both servers have heard of the program so far.
struct Carried {
    run: Run,
    sender: Peer,
    receiver: Peer,
    /// Stays open, so that a second connection is not refused.
    _from: Listener,
}

/// Plays both servers until the receiver has the line.
fn carried(a: &mut Attempt) -> Result<Carried> {
    let from = a.listener("the sender")?;
    let to = a.listener("the receiver")?;
    let addresses = [from.address.to_string(), to.address.to_string()];
    let run = a.start(args(&[&addresses[0], &addresses[1]]))?;
    let mut sender = a.accepts(&from, "the sender")?;
    let line = a.word();
    a.sends(&mut sender, format!("{line}\n").as_bytes())?;
    let mut receiver = a.accepts(&to, "the receiver")?;
    a.hears_line(&mut receiver, &line)?;
    Ok(Carried {
        run,
        sender,
        receiver,
        _from: from,
    })
}

fn each_server_hears_what_is_meant_for_it(a: &mut Attempt) -> Result<()> {
    let mut carried = carried(a)?;
    a.half_closes(&mut carried.receiver)?;
    a.ends_with(&carried.run, 0)?;
    a.hears_the_end(&mut carried.receiver)?;
    a.hears_line(&mut carried.sender, "delivered")?;
    a.hears_the_end(&mut carried.sender)
}

fn the_sender_is_let_go_while_the_receiver_stays(
    a: &mut Attempt,
) -> Result<()> {
    let mut carried = carried(a)?;
    // Whatever the sender is told, and on whichever connection.
    a.hears_to_the_end(&mut carried.sender)?;
    a.sleeps(&carried.run)?;
    a.half_closes(&mut carried.receiver)?;
    a.ends_with(&carried.run, 0)?;
    Ok(())
}

fn nothing_is_called_delivered_that_was_not(a: &mut Attempt) -> Result<()> {
    let from = a.listener("the sender")?;
    let nobody = a.closed_address()?;
    let addresses = [from.address.to_string(), nobody.address.to_string()];
    let run = a.start(args(&[&addresses[0], &addresses[1]]))?;
    let mut sender = a.accepts(&from, "the sender")?;
    let line = a.word();
    a.sends(&mut sender, format!("{line}\n").as_bytes())?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)?;
    a.hears_the_end(&mut sender)
}
