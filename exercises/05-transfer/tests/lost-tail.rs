//! The graded checks of `lost-tail`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use nix::sys::signal::Signal;
use testkit::grade::{
    self, Attempt, Check, Exercise, Peer, Run, args, expect, quote,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "lost-tail",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "every_byte_arrives_when_no_signal_comes",
            why: "the peer gets what standard input holds, if that is \
                  nothing too, and the last line counts it",
            run: every_byte_arrives_when_no_signal_comes,
        },
        Check {
            name: "a_signal_while_it_sends_costs_no_byte",
            why: "all bytes arrive, whenever and however often SIGUSR1 comes",
            run: a_signal_while_it_sends_costs_no_byte,
        },
        Check {
            name: "a_signal_is_answered_while_it_sends",
            why: "whoever asks reads `still sending` at once, not when the \
                  peer reads on",
            run: a_signal_is_answered_while_it_sends,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-lost-tail")
        .or(option_env!("CARGO_BIN_EXE_sol-lost-tail"));
    grade::main(&EXERCISE, program)
}

/// What the peer reads before the last signal, in bytes: enough to wake the
/// program.
const PART: usize = 1_000_000;

/// More bytes than two kernels hold while nobody reads, and `PART` besides.
/// They repeat themselves after a number of bytes that no buffer has.
fn many(a: &mut Attempt) -> Vec<u8> {
    a.text(65_521).repeat(90)
}

fn begins(a: &mut Attempt, bytes: &[u8]) -> Result<(Run, Peer)> {
    let listener = a.listener_tuned("the peer", 16_384)?;
    let address = listener.address.to_string();
    let run = a.start(args(&[&address]).fed(bytes))?;
    let peer = a.accepts(&listener, "the peer")?;
    Ok((run, peer))
}

fn every_byte_arrives_when_no_signal_comes(a: &mut Attempt) -> Result<()> {
    for count in [a.random.usize(100_000..=300_000), 0] {
        let bytes = a.bytes(count);
        let (run, mut peer) = begins(a, &bytes)?;
        if count > 0 {
            a.hears(&mut peer, &bytes)?;
        }
        a.hears_the_end(&mut peer)?;
        a.closes(peer);
        let ended = a.ends_with(&run, 0)?;
        a.printed(&ended, format!("sent {count} bytes\n").as_bytes())?;
    }
    Ok(())
}

fn a_signal_while_it_sends_costs_no_byte(a: &mut Attempt) -> Result<()> {
    let bytes = many(a);
    a.step("first one signal");
    let (run, peer) = begins(a, &bytes)?;
    asks(a, &run)?;
    hears_out(a, &run, peer, bytes.len(), &bytes)?;

    // Of the first three, one at least finds a call that has moved nothing;
    // the last one finds a call that has.
    a.step("now four signals, the last one when the peer has read a part");
    let (run, mut peer) = begins(a, &bytes)?;
    for _ in 0..3 {
        asks(a, &run)?;
    }
    let (part, rest) = bytes.split_at(PART);
    a.hears(&mut peer, part)?;
    asks(a, &run)?;
    hears_out(a, &run, peer, bytes.len(), rest)
}

/// Sends the signal once the program sleeps, which it does in `send`.
fn asks(a: &mut Attempt, run: &Run) -> Result<()> {
    a.sleeps(run)?;
    a.signals(run, Signal::SIGUSR1)
}

/// The peer hears the rest, and the program counts all of it.
fn hears_out(
    a: &mut Attempt,
    run: &Run,
    mut peer: Peer,
    count: usize,
    rest: &[u8],
) -> Result<()> {
    a.hears(&mut peer, rest)?;
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    let ended = a.ends_with(run, 0)?;
    let last = format!("sent {count} bytes");
    expect(
        ended.stdout.lines().last() == Some(&last),
        format_args!("the last line is {last:?}"),
        quote(&ended.bytes),
    )
}

fn a_signal_is_answered_while_it_sends(a: &mut Attempt) -> Result<()> {
    let bytes = many(a);
    let (run, _peer) = begins(a, &bytes)?;
    asks(a, &run)?;
    a.prints(&run, 0, "still sending")
}
