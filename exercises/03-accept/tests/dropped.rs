//! The graded checks of `dropped`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "dropped",
    topic: "03-accept",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_talker_gets_its_bytes_back",
            why: "the second client is served until it ends its stream",
            run: the_talker_gets_its_bytes_back,
        },
        Check {
            name: "the_watcher_is_kept_while_the_talker_talks",
            why: "a connection ends when its last descriptor is closed, and \
                  dropping the owner of a descriptor closes it",
            run: the_watcher_is_kept_while_the_talker_talks,
        },
        Check {
            name: "both_hear_the_end_when_the_talk_is_over",
            why: "the watcher learns from the end of its stream that the \
                  server has done its work",
            run: both_hear_the_end_when_the_talk_is_over,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-dropped")
        .or(option_env!("CARGO_BIN_EXE_sol-dropped"));
    grade::main(&EXERCISE, program)
}

/// The server, its watcher and its talker: each connects when the server has
/// told of the one before, so their order is sure.
fn two_clients(a: &mut Attempt) -> Result<(Run, Peer, Peer)> {
    let server = a.server(args(&[]))?;
    let watcher = a.connects("the watcher", server.address)?;
    a.prints(&server.run, 1, &format!("watcher: {}", watcher.local()))?;
    let talker = a.connects("the talker", server.address)?;
    a.prints(&server.run, 2, &format!("talker: {}", talker.local()))?;
    Ok((server.run, watcher, talker))
}

fn the_talker_gets_its_bytes_back(a: &mut Attempt) -> Result<()> {
    let (_, _watcher, mut talker) = two_clients(a)?;
    for _ in 0..2 {
        let length = a.random.usize(3..=500);
        let bytes = a.text(length);
        a.sends(&mut talker, &bytes)?;
        a.hears(&mut talker, &bytes)?;
    }
    Ok(())
}

fn the_watcher_is_kept_while_the_talker_talks(a: &mut Attempt) -> Result<()> {
    let (_, mut watcher, mut talker) = two_clients(a)?;
    a.sends(&mut talker, b"?")?;
    // Whatever ended the watcher's connection came before this answer.
    a.hears_some(&mut talker, 1)?;
    a.has_heard_nothing(&mut watcher)
}

fn both_hear_the_end_when_the_talk_is_over(a: &mut Attempt) -> Result<()> {
    let (run, mut watcher, mut talker) = two_clients(a)?;
    a.half_closes(&mut talker)?;
    a.hears_the_end(&mut talker)?;
    a.hears_the_end(&mut watcher)?;
    a.ends_with(&run, 0)?;
    Ok(())
}
