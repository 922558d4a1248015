//! The graded checks of `ask`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "ask",
    topic: "00-first-contact",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_server_hears_the_word_and_a_newline",
            why: "the server knows by the newline that the word is complete, \
                  and anything behind it would be a second question",
            run: the_server_hears_the_word_and_a_newline,
        },
        Check {
            name: "an_answer_in_pieces_is_printed_to_its_end",
            why: "an answer comes in as many pieces as the kernels make of \
                  it, and only the end of the stream ends it",
            run: an_answer_in_pieces_is_printed_to_its_end,
        },
        Check {
            name: "a_long_answer_is_printed_whole",
            why: "an answer may have up to 100,000 bytes, so there are many \
                  more of them than one buffer holds",
            run: a_long_answer_is_printed_whole,
        },
        Check {
            name: "every_byte_is_printed_as_it_came",
            why: "a stream carries bytes of any value, and the program adds \
                  none and changes none",
            run: every_byte_is_printed_as_it_came,
        },
        Check {
            name: "an_empty_answer_is_no_failure",
            why: "a server that closes without a word has answered with \
                  nothing, and the program has done its work",
            run: an_empty_answer_is_no_failure,
        },
        Check {
            name: "it_sleeps_while_the_server_thinks",
            why: "a call that waits costs no processor time, and asking \
                  again and again does",
            run: it_sleeps_while_the_server_thinks,
        },
        Check {
            name: "a_server_that_is_not_there_is_a_failure",
            why: "a call that fails ends the program with one line on \
                  standard error and exit code 1",
            run: a_server_that_is_not_there_is_a_failure,
        },
        Check {
            name: "a_reset_is_not_the_end_of_the_answer",
            why: "recv returns 0 at the end of an answer; where it fails, \
                  the rest of the answer is missing",
            run: a_reset_is_not_the_end_of_the_answer,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-ask")
        .or(option_env!("CARGO_BIN_EXE_sol-ask"));
    grade::main(&EXERCISE, program)
}

/// An address of this machine: on Linux all of 127.0.0.0/8 is.
fn home(a: &mut Attempt) -> IpAddr {
    if cfg!(target_os = "linux") {
        let [b, c] = [a.random.u8(..), a.random.u8(..)];
        Ipv4Addr::new(127, b, c, a.random.u8(1..=254)).into()
    } else {
        Ipv4Addr::LOCALHOST.into()
    }
}

/// Starts the program, plays the server that it asks, and hears the word.
fn asked(a: &mut Attempt) -> Result<(Run, Peer)> {
    let word = a.word();
    let home = home(a);
    let listener = a.listener_at("the server", home)?;
    let run = a.start(args(&[&listener.address.to_string(), &word]))?;
    let mut server = a.accepts(&listener, "the server")?;
    a.hears_line(&mut server, &word)?;
    Ok((run, server))
}

/// Ends the answer; the program must have printed all of it.
///
/// The server keeps the other direction open, so that whatever the program
/// has sent beyond the word can't turn the end into a reset.
fn answered(
    a: &mut Attempt,
    run: &Run,
    server: &mut Peer,
    answer: &[u8],
) -> Result<()> {
    a.half_closes(server)?;
    let ended = a.ends_with(run, 0)?;
    a.printed(&ended, answer)
}

fn the_server_hears_the_word_and_a_newline(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    a.sends(&mut server, b"yes\n")?;
    a.half_closes(&mut server)?;
    a.ends_with(&run, 0)?;
    a.hears_the_end(&mut server)
}

fn an_answer_in_pieces_is_printed_to_its_end(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    let [first, second, last] = [a.word(), a.word(), a.word()];
    let (first, second) = (first + "\n", second + "\n");
    let pieces = [first.as_bytes(), second.as_bytes(), last.as_bytes()];
    // Each piece goes out when the program has taken the one before.
    a.sends_pieces(&mut server, &pieces)?;
    answered(a, &run, &mut server, &pieces.concat())
}

fn a_long_answer_is_printed_whole(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    let length = a.random.usize(66_000..70_000);
    let mut answer = a.text(length);
    answer.push(b'\n');
    a.sends(&mut server, &answer)?;
    // Whoever takes each byte by itself makes many calls: a busy machine may
    // need more than one wait for them. What is not taken shows in the output.
    let _ = a
        .has_taken(&mut server)
        .or_else(|_| a.has_taken(&mut server));
    answered(a, &run, &mut server, &answer)
}

fn every_byte_is_printed_as_it_came(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    let length = a.random.usize(20..=40);
    let mut answer = a.bytes(length);
    // No text, and no newline: the other checks have those.
    answer.extend(b"\0\xff\r");
    answer
        .iter_mut()
        .filter(|b| **b == b'\n')
        .for_each(|b| *b = 0x80);
    a.sends(&mut server, &answer)?;
    answered(a, &run, &mut server, &answer)
}

fn an_empty_answer_is_no_failure(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    answered(a, &run, &mut server, b"")
}

fn it_sleeps_while_the_server_thinks(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    a.sleeps(&run)?;
    a.sends(&mut server, b"at last\n")?;
    a.half_closes(&mut server)?;
    a.ends_with(&run, 0)?;
    Ok(())
}

fn a_server_that_is_not_there_is_a_failure(a: &mut Attempt) -> Result<()> {
    let nobody = a.closed_address()?;
    let word = a.word();
    let run = a.start(args(&[&nobody.address.to_string(), &word]))?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}

fn a_reset_is_not_the_end_of_the_answer(a: &mut Attempt) -> Result<()> {
    let (run, mut server) = asked(a)?;
    a.sends(&mut server, b"the answer is ")?;
    a.resets(server)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}
