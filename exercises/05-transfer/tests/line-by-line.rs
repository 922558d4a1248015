//! The graded checks of `line-by-line`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, args, expect, quote};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "line-by-line",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_message_in_many_pieces_is_one",
            why: "only a newline ends a message, however many calls of `recv` \
                  its bytes take",
            run: a_message_in_many_pieces_is_one,
        },
        Check {
            name: "several_messages_in_one_piece_are_several",
            why: "what one `recv` gives may hold many messages",
            run: several_messages_in_one_piece_are_several,
        },
        Check {
            name: "what_follows_a_newline_begins_the_next_message",
            why: "a piece may hold the end of one message and the beginning \
                  of the next; the beginning is to be kept",
            run: what_follows_a_newline_begins_the_next_message,
        },
        Check {
            name: "an_empty_message_is_a_message",
            why: "two newlines in a row have an empty message between them",
            run: an_empty_message_is_a_message,
        },
        Check {
            name: "the_last_message_needs_no_newline",
            why: "the bytes behind the last newline are a message, marked as \
                  one that no newline ended; no bytes are no message",
            run: the_last_message_needs_no_newline,
        },
        Check {
            name: "bytes_that_are_no_text_come_through",
            why: "every byte but the newline is printed as it came",
            run: bytes_that_are_no_text_come_through,
        },
        Check {
            name: "a_message_is_told_before_the_next_one_comes",
            why: "a message is whole when its newline has arrived, and its \
                  line is out then",
            run: a_message_is_told_before_the_next_one_comes,
        },
        Check {
            name: "a_reset_is_no_end_of_the_stream",
            why: "after a reset nobody knows what is missing: exit code 1, \
                  and what no newline had ended is no message",
            run: a_reset_is_no_end_of_the_stream,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-line-by-line")
        .or(option_env!("CARGO_BIN_EXE_sol-line-by-line"));
    grade::main(&EXERCISE, program)
}

/// The line that tells of a message; `tail`: no newline ended it.
fn told(number: usize, message: &[u8], tail: bool) -> Vec<u8> {
    let head = format!("{number}: {} bytes [", message.len());
    let end = if tail { "] no newline\n" } else { "]\n" };
    [head.as_bytes(), message, end.as_bytes()].concat()
}

/// Sends the pieces and the end of the stream: the program's whole output
/// tells of these messages, and then of `tail`, if it is not empty.
fn takes_apart(
    a: &mut Attempt,
    pieces: &[&[u8]],
    messages: &[&[u8]],
    tail: &[u8],
) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut client = a.connects("client A", server.address)?;
    a.sends_pieces(&mut client, pieces)?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&server.run, 0)?;
    let mut all = format!("listening on {}\n", server.address).into_bytes();
    for (at, message) in messages.iter().enumerate() {
        all.extend(told(at + 1, message, false));
    }
    if !tail.is_empty() {
        all.extend(told(messages.len() + 1, tail, true));
    }
    a.printed(&ended, &all)
}

/// `bytes` and a newline.
fn line(bytes: &[u8]) -> Vec<u8> {
    [bytes, b"\n"].concat()
}

fn words(a: &mut Attempt, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|_| a.word().into_bytes()).collect()
}

/// Text with blanks in it, but none at its ends: those are for another check.
fn text(a: &mut Attempt, count: usize) -> Vec<u8> {
    let mut text = a.text(count);
    text[0] = b'<';
    text[count - 1] = b'>';
    text
}

fn a_message_in_many_pieces_is_one(a: &mut Attempt) -> Result<()> {
    // In four pieces, the last one being the newline alone.
    let length = a.random.usize(20..=60);
    let short = text(a, length);
    let cut = a.random.usize(3..=9);
    let length = a.random.usize(66_000..=70_000);
    let long = text(a, length);
    takes_apart(
        a,
        &[
            &short[..cut],
            &short[cut..cut + 1],
            &short[cut + 1..],
            b"\n",
            &line(&long),
        ],
        &[&short, &long],
        b"",
    )
}

fn several_messages_in_one_piece_are_several(a: &mut Attempt) -> Result<()> {
    let count = a.random.usize(3..=7);
    let words = words(a, count);
    let piece: Vec<u8> = words.iter().flat_map(|word| line(word)).collect();
    let messages: Vec<&[u8]> = words.iter().map(|word| &word[..]).collect();
    takes_apart(a, &[&piece], &messages, b"")
}

fn what_follows_a_newline_begins_the_next_message(
    a: &mut Attempt,
) -> Result<()> {
    // Each piece has one newline, the first two with something behind it.
    let words = words(a, 3);
    let [second, third] =
        [&words[1], &words[2]].map(|word| word.split_at(word.len() / 2));
    takes_apart(
        a,
        &[
            &[&line(&words[0]), second.0].concat(),
            &[&line(second.1), third.0].concat(),
            &line(third.1),
        ],
        &[&words[0], &words[1], &words[2]],
        b"",
    )
}

fn an_empty_message_is_a_message(a: &mut Attempt) -> Result<()> {
    let word = a.word().into_bytes();
    takes_apart(a, &[b"\n", &line(&word), b"\n"], &[b"", &word, b""], b"")
}

fn the_last_message_needs_no_newline(a: &mut Attempt) -> Result<()> {
    let words = words(a, 2);
    takes_apart(a, &[&line(&words[0]), &words[1]], &[&words[0]], &words[1])?;
    a.step("now a client that says nothing at all");
    takes_apart(a, &[], &[], b"")
}

fn bytes_that_are_no_text_come_through(a: &mut Attempt) -> Result<()> {
    // What looks like the end of a line, or of a string, and what is no text
    // in UTF-8; blanks at both ends.
    let mut bytes = a.bytes(100);
    bytes.retain(|byte| *byte != b'\n');
    let word = a.word().into_bytes();
    let messages = [
        [&word[..], b"\r"].concat(),
        [b" \t", &word[..], b"\0", &word[..], b"\0 "].concat(),
        [b"\xff\xfe\xc3", &bytes[..], b"\xc3"].concat(),
    ];
    let pieces = messages.each_ref().map(|message| line(message));
    takes_apart(
        a,
        &pieces.each_ref().map(|piece| &piece[..]),
        &messages.each_ref().map(|message| &message[..]),
        b"",
    )
}

fn a_message_is_told_before_the_next_one_comes(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut client = a.connects("client A", server.address)?;
    for number in 1..=3 {
        let word = a.word();
        a.sends(&mut client, &line(word.as_bytes()))?;
        let line = format!("{number}: {} bytes [{word}]", word.len());
        a.prints(&server.run, number, &line)?;
    }
    Ok(())
}

fn a_reset_is_no_end_of_the_stream(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut client = a.connects("client A", server.address)?;
    let words = words(a, 2);
    a.sends_pieces(&mut client, &[&line(&words[0]), &words[1]])?;
    a.has_taken(&mut client)?;
    a.resets(client)?;
    let ended = a.ends_with(&server.run, 1)?;
    a.says_why(&ended)?;
    // A kernel may throw away what had arrived, so the first message may be
    // missing. The second one was never whole.
    let head = format!("listening on {}\n", server.address).into_bytes();
    let with_first = [&head[..], &told(1, &words[0], false)].concat();
    expect(
        ended.bytes == with_first || ended.bytes == head,
        format_args!("standard output is {}", quote(&with_first)),
        quote(&ended.bytes),
    )
}
