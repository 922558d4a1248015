//! The graded checks of `framed`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "framed",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_length_may_come_byte_by_byte",
            why: "`recv` gives what is there, and of the four bytes of a \
                  length that may be one",
            run: a_length_may_come_byte_by_byte,
        },
        Check {
            name: "a_payload_comes_whole_up_to_65536_bytes",
            why: "a payload may take any number of calls, and 65,536 bytes \
                  are allowed",
            run: a_payload_comes_whole_up_to_65536_bytes,
        },
        Check {
            name: "several_frames_in_one_piece_are_several",
            why: "what one call gives may hold many frames, and each is \
                  answered",
            run: several_frames_in_one_piece_are_several,
        },
        Check {
            name: "an_empty_payload_has_an_empty_answer",
            why: "a frame of length 0 is a frame; no byte of it is to be \
                  waited for",
            run: an_empty_payload_has_an_empty_answer,
        },
        Check {
            name: "an_end_between_two_frames_is_no_failure",
            why: "a client that has said all it had to say ends its stream \
                  there: exit code 0",
            run: an_end_between_two_frames_is_no_failure,
        },
        Check {
            name: "an_end_inside_a_frame_is_a_failure",
            why: "whoever stops in the middle of a frame was cut off: exit \
                  code 1",
            run: an_end_inside_a_frame_is_a_failure,
        },
        Check {
            name: "a_length_over_65536_is_refused_before_its_payload",
            why: "four bytes of a stranger must not make the server wait for \
                  gigabytes, or take memory for them",
            run: a_length_over_65536_is_refused_before_its_payload,
        },
        Check {
            name: "a_frame_is_answered_before_the_next_one_comes",
            why: "the client waits for the answer before it goes on",
            run: a_frame_is_answered_before_the_next_one_comes,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-framed")
        .or(option_env!("CARGO_BIN_EXE_sol-framed"));
    grade::main(&EXERCISE, program)
}

/// A frame with this payload.
fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload");
    [&length.to_be_bytes(), payload].concat()
}

/// The answer to a frame with this payload.
fn answer(payload: &[u8]) -> Vec<u8> {
    let backwards: Vec<u8> = payload.iter().rev().copied().collect();
    frame(&backwards)
}

/// The program, and a client of it.
fn client(a: &mut Attempt) -> Result<(Run, Peer)> {
    let server = a.server(args(&[]))?;
    let client = a.connects("client A", server.address)?;
    Ok((server.run, client))
}

/// A random payload whose length has two bytes that are not 0.
fn payload(a: &mut Attempt) -> Vec<u8> {
    let length = a.random.usize(0x101..=0x3ff);
    a.text(length)
}

/// Sends pieces, each of them a step of the story, which says first what they
/// are.
fn sends_each(
    a: &mut Attempt,
    client: &mut Peer,
    what: &str,
    pieces: &[&[u8]],
) -> Result<()> {
    a.step(format_args!("now comes {what}"));
    pieces
        .iter()
        .try_for_each(|piece| a.sends_pieces(client, &[piece]))
}

/// The client ends its stream and hears these answers: a program may have
/// kept them so long, as far as these checks are concerned.
fn hears_answers(
    a: &mut Attempt,
    client: &mut Peer,
    payloads: &[Vec<u8>],
) -> Result<()> {
    a.half_closes(client)?;
    for payload in payloads {
        a.hears(client, &answer(payload))?;
    }
    Ok(())
}

fn a_length_may_come_byte_by_byte(a: &mut Attempt) -> Result<()> {
    let (_run, mut client) = client(a)?;
    let payloads = [payload(a), payload(a)];
    for payload in &payloads {
        let whole = frame(payload);
        let (length, payload) = whole.split_at(4);
        a.step("now comes a length, byte by byte, and then its payload");
        a.sends_byte_by_byte(&mut client, length)?;
        a.sends_pieces(&mut client, &[payload])?;
    }
    hears_answers(a, &mut client, &payloads)
}

fn a_payload_comes_whole_up_to_65536_bytes(a: &mut Attempt) -> Result<()> {
    let (_run, mut client) = client(a)?;
    let payloads = [payload(a), a.bytes(65_536)];
    // The first piece ends behind the first byte of the payload.
    let whole = frame(&payloads[0]);
    let cuts = [5, a.random.usize(7..=90), a.random.usize(100..=200)];
    sends_each(
        a,
        &mut client,
        "a frame in four pieces",
        &[
            &whole[..cuts[0]],
            &whole[cuts[0]..cuts[1]],
            &whole[cuts[1]..cuts[2]],
            &whole[cuts[2]..],
        ],
    )?;
    a.sends(&mut client, &frame(&payloads[1]))?;
    hears_answers(a, &mut client, &payloads)
}

fn several_frames_in_one_piece_are_several(a: &mut Attempt) -> Result<()> {
    let (_run, mut client) = client(a)?;
    let count = a.random.usize(3..=6);
    let payloads: Vec<_> = (0..count).map(|_| payload(a)).collect();
    let frames: Vec<_> = payloads.iter().map(|p| frame(p)).collect();
    a.sends(&mut client, &frames.concat())?;
    hears_answers(a, &mut client, &payloads)
}

fn an_empty_payload_has_an_empty_answer(a: &mut Attempt) -> Result<()> {
    let (_run, mut client) = client(a)?;
    let payloads = [payload(a), Vec::new(), payload(a), Vec::new()];
    let frames = payloads.each_ref().map(|p| frame(p));
    let pieces = frames.each_ref().map(|f| &f[..]);
    sends_each(
        a,
        &mut client,
        "every second frame without payload",
        &pieces,
    )?;
    hears_answers(a, &mut client, &payloads)
}

fn an_end_between_two_frames_is_no_failure(a: &mut Attempt) -> Result<()> {
    let (run, mut silent) = client(a)?;
    a.half_closes(&mut silent)?;
    a.hears_the_end(&mut silent)?;
    a.ends_with(&run, 0)?;

    let (run, mut client) = client(a)?;
    let payload = payload(a);
    a.sends(&mut client, &frame(&payload))?;
    hears_answers(a, &mut client, &[payload])?;
    a.hears_the_end(&mut client)?;
    a.ends_with(&run, 0)?;
    Ok(())
}

fn an_end_inside_a_frame_is_a_failure(a: &mut Attempt) -> Result<()> {
    let whole = frame(&payload(a));
    // Inside the length, right behind it, inside the payload.
    let inside = a.random.usize(5..whole.len());
    for count in [a.random.usize(1..=3), 4, inside] {
        let (run, mut client) = client(a)?;
        a.sends(&mut client, &whole[..count])?;
        a.half_closes(&mut client)?;
        let ended = a.ends_with(&run, 1)?;
        a.says_why(&ended)?;
        a.hears_an_end(&mut client)?;
    }
    Ok(())
}

fn a_length_over_65536_is_refused_before_its_payload(
    a: &mut Attempt,
) -> Result<()> {
    let some = a.random.u32(2..=0x7fff) << 16 | a.random.u32(0x101..=0xffff);
    for length in [65_537, some, 1 << 31 | some, u32::MAX] {
        let (run, mut client) = client(a)?;
        a.step(format_args!("the next four bytes say {length}"));
        a.sends(&mut client, &length.to_be_bytes())?;
        let ended = a.ends_with(&run, 1)?;
        a.says_why(&ended)?;
        a.hears_an_end(&mut client)?;
    }
    Ok(())
}

fn a_frame_is_answered_before_the_next_one_comes(
    a: &mut Attempt,
) -> Result<()> {
    let (_run, mut client) = client(a)?;
    for _ in 0..3 {
        let payload = payload(a);
        a.sends(&mut client, &frame(&payload))?;
        a.hears(&mut client, &answer(&payload))?;
    }
    Ok(())
}
