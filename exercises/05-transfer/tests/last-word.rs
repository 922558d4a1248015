//! The graded checks of `last-word`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, Run, args, expect};
use testkit::program::Ended;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "last-word",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_answer_after_the_end_of_the_input_is_counted",
            why: "the peer answers when your direction has ended, and the \
                  other one must still be open for it",
            run: the_answer_after_the_end_of_the_input_is_counted,
        },
        Check {
            name: "no_input_and_no_answer_are_an_end_of_stream_too",
            why: "a stream without a byte ends like any other: 0 bytes, exit \
                  code 0",
            run: no_input_and_no_answer_are_an_end_of_stream_too,
        },
        Check {
            name: "a_long_input_arrives_to_its_last_byte",
            why: "one read of the input gives a part of it, and any byte can \
                  be in it",
            run: a_long_input_arrives_to_its_last_byte,
        },
        Check {
            name: "a_reset_while_the_program_reads_is_told",
            why: "what was on the way is lost in a reset, so it must not be \
                  told as an end of stream",
            run: a_reset_while_the_program_reads_is_told,
        },
        Check {
            name: "a_reset_while_the_program_sends_is_told",
            why: "the kernel tells of a reset once; who passes over the \
                  failed send reads a 0 next",
            run: a_reset_while_the_program_sends_is_told,
        },
        Check {
            name: "a_peer_that_closed_before_it_was_sent_to_is_told",
            why: "the end of stream has come, but not all of the input could \
                  be sent: that is a reset, exit code 3",
            run: a_peer_that_closed_before_it_was_sent_to_is_told,
        },
        Check {
            name: "a_reset_before_the_input_ends_is_told",
            why: "a reset can be there before you shut down, and that call \
                  has its own errno for it",
            run: a_reset_before_the_input_ends_is_told,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-last-word")
        .or(option_env!("CARGO_BIN_EXE_sol-last-word"));
    grade::main(&EXERCISE, program)
}

/// More than the kernels at both ends take while nobody reads.
const TOO_MUCH: usize = 8_000_000;

fn the_answer_after_the_end_of_the_input_is_counted(
    a: &mut Attempt,
) -> Result<()> {
    let listener = a.listener("the peer")?;
    let address = listener.address.to_string();
    let input = format!("{} {}\n", a.word(), a.word());
    let run = a.start(args(&[&address]).fed(input.as_bytes()))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    a.hears(&mut peer, input.as_bytes())?;
    a.hears_the_end(&mut peer)?;
    // Three odd sizes: their sum is not that of some full buffers.
    let mut answered = 0;
    for most in [9, 20_000, 900] {
        let size = a.random.usize(1..=most) | 1;
        let piece = a.bytes(size);
        a.sends(&mut peer, &piece)?;
        answered += size;
    }
    a.closes(peer);
    ends_in_order(a, &run, answered)
}

fn no_input_and_no_answer_are_an_end_of_stream_too(
    a: &mut Attempt,
) -> Result<()> {
    let listener = a.listener("the peer")?;
    let run = a.start(args(&[&listener.address.to_string()]))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    ends_in_order(a, &run, 0)
}

fn a_long_input_arrives_to_its_last_byte(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    let address = listener.address.to_string();
    let size = a.random.usize(70_000..=100_000);
    let input = a.bytes(size);
    let run = a.start(args(&[&address]).fed(&*input))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    a.hears(&mut peer, &input)?;
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    ends_in_order(a, &run, 0)
}

fn a_reset_while_the_program_reads_is_told(a: &mut Attempt) -> Result<()> {
    for answered in [0, a.random.usize(1..=900)] {
        let listener = a.listener("the peer")?;
        let address = listener.address.to_string();
        let input = a.word();
        let run = a.start(args(&[&address]).fed(input.as_bytes()))?;
        let mut peer = a.accepts(&listener, "the peer")?;
        a.hears(&mut peer, input.as_bytes())?;
        a.hears_the_end(&mut peer)?;
        if answered > 0 {
            let answer = a.bytes(answered);
            a.sends(&mut peer, &answer)?;
        }
        a.resets(peer)?;
        ends_by_reset(a, &run)?;
    }
    Ok(())
}

fn a_reset_while_the_program_sends_is_told(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    let address = listener.address.to_string();
    let run = a.start(args(&[&address]).fed(vec![b'x'; TOO_MUCH]))?;
    let mut peer = a.accepts(&listener, "the peer")?;
    // Then it is sending, and cannot have come to its end.
    a.hears_some(&mut peer, 1)?;
    a.resets(peer)?;
    ends_by_reset(a, &run)
}

fn a_peer_that_closed_before_it_was_sent_to_is_told(
    a: &mut Attempt,
) -> Result<()> {
    let listener = a.listener("the peer")?;
    let run = a.start(args(&[&listener.address.to_string()]).piped())?;
    let peer = a.accepts(&listener, "the peer")?;
    a.closes(peer);
    a.feeds(&run, &vec![b'x'; TOO_MUCH]);
    a.ends_the_input(&run);
    ends_by_reset(a, &run)
}

fn a_reset_before_the_input_ends_is_told(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    let run = a.start(args(&[&listener.address.to_string()]).piped())?;
    let peer = a.accepts(&listener, "the peer")?;
    a.resets(peer)?;
    a.ends_the_input(&run);
    ends_by_reset(a, &run)
}

fn ends_in_order(a: &mut Attempt, run: &Run, count: usize) -> Result<()> {
    let ended = a.ends(run)?;
    let line = format!("end of stream after {count} bytes\n");
    a.printed(&ended, line.as_bytes())?;
    exit_code(&ended, 0)
}

/// How many bytes are still readable after a reset is the system's choice, so
/// any number will do.
fn ends_by_reset(a: &mut Attempt, run: &Run) -> Result<()> {
    let ended = a.ends(run)?;
    let number = ended
        .stdout
        .strip_prefix("reset after ")
        .and_then(|rest| rest.strip_suffix(" bytes\n"));
    expect(
        number.is_some_and(|number| number.parse::<u64>().is_ok()),
        "standard output is \"reset after N bytes\\n\"",
        grade::quote(&ended.bytes),
    )?;
    exit_code(&ended, 3)
}

fn exit_code(ended: &Ended, code: i32) -> Result<()> {
    let got = ended.code();
    expect(
        got == Some(code),
        format_args!("exit code {code}"),
        ended.status,
    )
}
