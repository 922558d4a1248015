//! The graded checks of `post`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{
    self, Attempt, Check, Exercise, Peer, Run, args, expect, quote,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "post",
    topic: "06-client",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_reply_to_several_lines_is_printed",
            why: "all of the input goes out, then its end, and only then \
                  does the server answer",
            run: the_reply_to_several_lines_is_printed,
        },
        Check {
            name: "bytes_that_are_no_text_pass_both_ways",
            why: "a stream carries bytes; neither side said that they are \
                  text",
            run: bytes_that_are_no_text_pass_both_ways,
        },
        Check {
            name: "a_large_input_arrives_whole",
            why: "one read gives what is there, not all that will come",
            run: a_large_input_arrives_whole,
        },
        Check {
            name: "a_large_reply_is_printed_whole",
            why: "one recv gives what is there; 0 alone says that the reply \
                  is complete",
            run: a_large_reply_is_printed_whole,
        },
        Check {
            name: "an_empty_input_is_sent_too",
            why: "the end of an empty stream is still an end, and the server \
                  answers it",
            run: an_empty_input_is_sent_too,
        },
        Check {
            name: "an_empty_reply_is_no_failure",
            why: "a server that has read all and has nothing to say ends its \
                  stream in good order",
            run: an_empty_reply_is_no_failure,
        },
        Check {
            name: "a_reset_in_the_reply_is_a_failure",
            why: "a reset is no end of stream: the reply is not complete",
            run: a_reset_in_the_reply_is_a_failure,
        },
        Check {
            name: "a_reset_in_the_input_is_a_failure",
            why: "the kernel tells of a reset once; after a failed send, a \
                  recv that returns 0 is no reply",
            run: a_reset_in_the_input_is_a_failure,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-post")
        .or(option_env!("CARGO_BIN_EXE_sol-post"));
    grade::main(&EXERCISE, program)
}

fn the_reply_to_several_lines_is_printed(a: &mut Attempt) -> Result<()> {
    let lines = format!("{}\n\n{}\n{}", a.word(), a.word(), a.word());
    let (run, peer) = posted(a, lines.as_bytes())?;
    let reply = format!("{}\n{}", a.word(), a.word());
    is_answered(a, &run, peer, reply.as_bytes())
}

fn bytes_that_are_no_text_pass_both_ways(a: &mut Attempt) -> Result<()> {
    // A byte that stands in no UTF-8, and the end of a string in C.
    let mut bytes = b"\xff\0".to_vec();
    bytes.extend(a.bytes(100));
    bytes.retain(|byte| *byte != b'\n');
    let (run, peer) = posted(a, &bytes)?;
    bytes.reverse();
    is_answered(a, &run, peer, &bytes)
}

fn a_large_input_arrives_whole(a: &mut Attempt) -> Result<()> {
    let length = a.random.usize(150_000..250_000);
    let text = a.text(length);
    let (run, peer) = posted(a, &text)?;
    a.closes(peer);
    a.ends(&run)?;
    Ok(())
}

fn a_large_reply_is_printed_whole(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let (run, mut peer) = posted(a, word.as_bytes())?;
    // More than the receive buffer holds, and the first bytes alone.
    let length = a.random.usize(140_000..180_000);
    let reply = a.text(length);
    let (first, rest) = reply.split_at(a.random.usize(1..1000));
    a.sends_pieces(&mut peer, &[first, rest])?;
    a.closes(peer);
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &reply)
}

fn an_empty_input_is_sent_too(a: &mut Attempt) -> Result<()> {
    let (run, peer) = posted(a, b"")?;
    let reply = a.word();
    is_answered(a, &run, peer, reply.as_bytes())
}

fn an_empty_reply_is_no_failure(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let (run, peer) = posted(a, word.as_bytes())?;
    is_answered(a, &run, peer, b"")
}

fn a_reset_in_the_reply_is_a_failure(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let (run, mut peer) = posted(a, word.as_bytes())?;
    let reply = a.word();
    a.sends(&mut peer, reply.as_bytes())?;
    a.resets(peer)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}

fn a_reset_in_the_input_is_a_failure(a: &mut Attempt) -> Result<()> {
    /// More than the kernels take on the way, in bytes.
    const INPUT: usize = 8 << 20;

    let server = a.listener_tuned("the server", 4096)?;
    let address = server.address.to_string();
    let run = a.start(args(&[&address]).fed(vec![b'.'; INPUT]))?;
    let mut peer = a.accepts(&server, "the server's end")?;
    a.hears_some(&mut peer, 1000)?;
    a.resets(peer)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}

/// The program has sent `input` to a server, and its end.
fn posted(a: &mut Attempt, input: &[u8]) -> Result<(Run, Peer)> {
    let server = a.listener("the server")?;
    let address = server.address.to_string();
    let run = a.start(args(&[&address]).fed(input))?;
    let mut peer = a.accepts(&server, "the server's end")?;
    let heard = a.hears_to_the_end(&mut peer)?;
    expect(
        heard == input,
        format_args!("the server hears {}", quote(input)),
        quote(&heard),
    )?;
    Ok((run, peer))
}

/// The server answers and closes; the program prints that and ends.
fn is_answered(
    a: &mut Attempt,
    run: &Run,
    mut peer: Peer,
    reply: &[u8],
) -> Result<()> {
    if !reply.is_empty() {
        a.sends(&mut peer, reply)?;
    }
    a.closes(peer);
    let ended = a.ends_with(run, 0)?;
    a.printed(&ended, reply)
}
