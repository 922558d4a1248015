//! The graded checks of `both-talk`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::{setsockopt, sockopt};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};

/// The receive buffer of a peer that soon has no more room, in bytes.
const SMALL: usize = 2048;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "both-talk",
    topic: "07-many-at-once",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_end_of_the_input_is_a_half_close",
            why: "the peer learns that your program has said all, and what it \
                  answers then still goes to standard output, to the end of \
                  its stream",
            run: the_end_of_the_input_is_a_half_close,
        },
        Check {
            name: "an_empty_input_is_a_half_close_at_once",
            why: "whoever says nothing may still listen: the peer learns of \
                  the end and answers",
            run: an_empty_input_is_a_half_close_at_once,
        },
        Check {
            name: "more_than_the_buffers_hold_goes_both_ways",
            why: "the peer may send everything before it reads, so a program \
                  that is asleep in `send` must not leave the peer's bytes \
                  where they are; and each byte arrives once, in order",
            run: more_than_the_buffers_hold_goes_both_ways,
        },
        Check {
            name: "what_is_said_is_passed_on_at_once",
            why: "a conversation goes on only if nobody waits for more than \
                  what is there, or for the other direction",
            run: what_is_said_is_passed_on_at_once,
        },
        Check {
            name: "the_end_of_the_peer_does_not_stop_the_input",
            why: "the peer's end of stream is the end of one direction: it \
                  goes on reading, and your program goes on sending",
            run: the_end_of_the_peer_does_not_stop_the_input,
        },
        Check {
            name: "it_sleeps_while_nothing_happens",
            why: "a descriptor that is ready in every turn keeps a processor \
                  busy: room to send while there is nothing to send, and an \
                  input that has ended",
            run: it_sleeps_while_nothing_happens,
        },
        Check {
            name: "a_reset_ends_it_with_a_line_and_code_1",
            why: "a broken connection is no end of stream, and nothing that \
                  standard input may still bring can be delivered",
            run: a_reset_ends_it_with_a_line_and_code_1,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-both-talk")
        .or(option_env!("CARGO_BIN_EXE_sol-both-talk"));
    grade::main(&EXERCISE, program)
}

/// The program, with its standard input open, and the peer that it connects
/// to.
fn talkers(a: &mut Attempt) -> Result<(Run, Peer)> {
    let listener = a.listener("the peer")?;
    let run = a.start(args(&[&listener.address.to_string()]).piped())?;
    let peer = a.accepts(&listener, "the peer")?;
    Ok((run, peer))
}

fn the_end_of_the_input_is_a_half_close(a: &mut Attempt) -> Result<()> {
    let length = a.random.usize(20..200);
    let input = a.bytes(length);
    let answers = [a.word(), a.word()];
    let listener = a.listener("the peer")?;
    let address = listener.address.to_string();
    let run = a.start(args(&[&address]).fed(&input[..]))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    a.hears(&mut peer, &input)?;
    a.hears_the_end(&mut peer)?;
    for (number, answer) in answers.iter().enumerate() {
        a.sends(&mut peer, format!("{answer}\n").as_bytes())?;
        a.prints(&run, number, answer)?;
    }
    a.closes(peer);
    let ended = a.ends_with(&run, 0)?;
    let [first, second] = answers;
    a.printed(&ended, format!("{first}\n{second}\n").as_bytes())
}

fn an_empty_input_is_a_half_close_at_once(a: &mut Attempt) -> Result<()> {
    let answer = format!("{}\n", a.word());
    let listener = a.listener("the peer")?;
    let run = a.start(args(&[&listener.address.to_string()]).fed([]))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    a.hears_the_end(&mut peer)?;
    a.sends(&mut peer, answer.as_bytes())?;
    a.closes(peer);
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, answer.as_bytes())
}

/// The peer's buffers are small, so a few hundred thousand bytes are more than
/// all of them hold: the peer's, the program's kernel's, and the pipe.
fn more_than_the_buffers_hold_goes_both_ways(a: &mut Attempt) -> Result<()> {
    let lengths = [(); 2].map(|()| a.random.usize(300_000..400_000));
    let [ours, theirs] = lengths.map(|length| a.bytes(length));
    let listener = a.listener_tuned("the peer", SMALL)?;
    let address = listener.address.to_string();
    let run = a.start(args(&[&address]).fed(&ours[..]))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    setsockopt(&peer.fd(), sockopt::SndBuf, &8192).context("SO_SNDBUF")?;
    a.step("the peer reads nothing until it has sent everything");
    a.sends(&mut peer, &theirs)?;
    a.has_taken(&mut peer)?;
    a.sleeps(&run)?;
    a.hears(&mut peer, &ours)?;
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &theirs)
}

fn what_is_said_is_passed_on_at_once(a: &mut Attempt) -> Result<()> {
    let (run, mut peer) = talkers(a)?;
    for number in 0..2 {
        // Without a newline: what is there is enough.
        let (word, answer) = (a.word(), a.word());
        a.feeds(&run, word.as_bytes());
        a.hears(&mut peer, word.as_bytes())?;
        a.sends(&mut peer, format!("{answer}\n").as_bytes())?;
        a.prints(&run, number, &answer)?;
    }
    Ok(())
}

fn the_end_of_the_peer_does_not_stop_the_input(a: &mut Attempt) -> Result<()> {
    let (run, mut peer) = talkers(a)?;
    let word = a.word();
    a.sends(&mut peer, format!("{word}\n").as_bytes())?;
    a.half_closes(&mut peer)?;
    a.prints(&run, 0, &word)?;
    a.sleeps(&run)?;
    for _ in 0..2 {
        let line = format!("{}\n", a.word());
        a.feeds(&run, line.as_bytes());
        a.hears(&mut peer, line.as_bytes())?;
    }
    a.ends_the_input(&run);
    a.hears_the_end(&mut peer)?;
    a.ends_with(&run, 0)?;
    Ok(())
}

fn it_sleeps_while_nothing_happens(a: &mut Attempt) -> Result<()> {
    let (run, mut peer) = talkers(a)?;
    a.sleeps(&run)?;
    let line = format!("{}\n", a.word());
    a.feeds(&run, line.as_bytes());
    a.hears(&mut peer, line.as_bytes())?;
    a.sleeps(&run)?;
    a.ends_the_input(&run);
    a.hears_the_end(&mut peer)?;
    a.sleeps(&run)?;
    a.closes(peer);
    a.ends_with(&run, 0)?;
    Ok(())
}

fn a_reset_ends_it_with_a_line_and_code_1(a: &mut Attempt) -> Result<()> {
    let (run, mut peer) = talkers(a)?;
    let word = a.word();
    a.sends(&mut peer, format!("{word}\n").as_bytes())?;
    a.prints(&run, 0, &word)?;
    a.step("standard input stays open and silent");
    a.resets(peer)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)?;
    // And while it has more to send than there is room for.
    let listener = a.listener_tuned("the next peer", SMALL)?;
    let address = listener.address.to_string();
    let run = a.start(args(&[&address]).piped())?;
    let mut peer = a.accepts(&listener, "the next peer")?;
    let line = format!("{}\n", a.word());
    a.feeds(&run, line.repeat(300_000 / line.len()).as_bytes());
    a.hears(&mut peer, line.as_bytes())?;
    a.resets(peer)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}
