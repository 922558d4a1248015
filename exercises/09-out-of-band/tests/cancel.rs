//! The graded checks of `cancel`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "cancel",
    topic: "09-out-of-band",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_stream_without_an_urgent_byte_is_printed_whole",
            why: "nobody has cancelled anything, so all of it counts",
            run: a_stream_without_an_urgent_byte_is_printed_whole,
        },
        Check {
            name: "unread_bytes_before_the_mark_are_thrown_away",
            why: "the cancel is for all that was sent before it, and the \
                  urgent byte may have no room before some of that is read",
            run: unread_bytes_before_the_mark_are_thrown_away,
        },
        Check {
            name: "bytes_behind_the_mark_are_kept",
            why: "what was sent after the cancel counts, though it came \
                  before the program looked",
            run: bytes_behind_the_mark_are_kept,
        },
        Check {
            name: "bytes_that_were_read_before_the_mark_are_forgotten",
            why: "a cancel is also for what the program has kept already",
            run: bytes_that_were_read_before_the_mark_are_forgotten,
        },
        Check {
            name: "an_urgent_byte_that_comes_while_it_waits_cancels",
            why: "an ordinary recv that waits where the mark comes steps over \
                  the urgent byte",
            run: an_urgent_byte_that_comes_while_it_waits_cancels,
        },
        Check {
            name: "a_client_may_cancel_again_and_again",
            why: "a client that waits for its answer may cancel any number of \
                  times",
            run: a_client_may_cancel_again_and_again,
        },
        Check {
            name: "it_sleeps_after_a_cancel",
            why: "while nothing comes, the program sleeps",
            run: it_sleeps_after_a_cancel,
        },
        Check {
            name: "a_reset_prints_nothing",
            why: "a stream that ends with a reset is not complete: exit code \
                  1, and nothing on standard output",
            run: a_reset_prints_nothing,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-cancel")
        .or(option_env!("CARGO_BIN_EXE_sol-cancel"));
    grade::main(&EXERCISE, program)
}

const ANSWER: &str = "cancelled";

/// The program's descriptor 0, in the story.
const CONNECTION: &str = "the connection to the client";

/// The client, and the other end of its connection, which becomes the
/// program's descriptor 0.
fn connection(
    a: &mut Attempt,
    receive_buffer: Option<usize>,
) -> Result<(Peer, OwnedFd)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
    if let Some(size) = receive_buffer {
        // The accepted socket inherits it.
        setsockopt(&listener, sockopt::RcvBuf, &size).context("SO_RCVBUF")?;
    }
    let client = a.connects("the client", listener.local_addr()?)?;
    let (end, _) = listener.accept().context("accept")?;
    Ok((client, end.into()))
}

fn starts(a: &mut Attempt, end: OwnedFd) -> Result<Run> {
    // What the client sent before is in its receive buffer.
    a.start(args(&[]).on_named(end, CONNECTION))
}

/// Waits until a peek with these flags gives this: until what was sent has
/// arrived. No event tells of that.
fn arrives(
    end: &OwnedFd,
    flags: MsgFlags,
    expected: nix::Result<usize>,
) -> Result<()> {
    let flags = flags | MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    let mut buffer = vec![0; 65_536];
    for _ in 0..5000 {
        let got = recv(end.as_raw_fd(), &mut buffer, flags);
        if got == expected {
            return Ok(());
        }
        poll(&mut [], 1_u8).context("poll")?;
    }
    // Other systems may show it in another way, or not at all.
    ensure!(!cfg!(target_os = "linux"), "a peek never gave {expected:?}");
    Ok(())
}

/// `count` random letters, and an urgent byte of any value.
fn urgent_send(a: &mut Attempt, count: usize) -> Vec<u8> {
    let mut bytes = a.text(count);
    bytes.extend(a.bytes(1));
    bytes
}

/// The client ends, and the program prints what is left.
fn comes_to_the_end(
    a: &mut Attempt,
    run: &Run,
    mut client: Peer,
    kept: &[u8],
) -> Result<()> {
    a.half_closes(&mut client)?;
    prints_and_ends(a, run, client, kept)
}

fn prints_and_ends(
    a: &mut Attempt,
    run: &Run,
    mut client: Peer,
    kept: &[u8],
) -> Result<()> {
    let ended = a.ends_with(run, 0)?;
    a.printed(&ended, kept)?;
    // One answer too many would come before the end.
    a.hears_an_end(&mut client)
}

fn a_stream_without_an_urgent_byte_is_printed_whole(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let run = starts(a, end)?;
    let count = a.random.usize(1_100..1_500);
    let text = a.bytes(count);
    a.sends(&mut client, &text)?;
    comes_to_the_end(a, &run, client, &text)
}

fn unread_bytes_before_the_mark_are_thrown_away(a: &mut Attempt) -> Result<()> {
    // More than one recv takes, and all of it is here.
    let (mut client, end) = connection(a, None)?;
    let count = a.random.usize(4_200..4_500);
    let before = urgent_send(a, count);
    a.sends_urgent(&mut client, &before)?;
    arrives(&end, MsgFlags::MSG_OOB, Ok(1))?;
    a.step("all of it has arrived before the program starts");
    throws_away(a, client, end)?;
    // More than fits: only the announcement is here.
    let (mut client, end) = connection(a, Some(2048))?;
    let count = a.random.usize(3_000..3_500);
    let before = urgent_send(a, count);
    a.sends_urgent(&mut client, &before)?;
    arrives(&end, MsgFlags::MSG_OOB, Err(Errno::EAGAIN))?;
    a.step("the urgent byte is announced, and has no room yet");
    throws_away(a, client, end)
}

fn throws_away(a: &mut Attempt, mut client: Peer, end: OwnedFd) -> Result<()> {
    let run = starts(a, end)?;
    a.hears_line(&mut client, ANSWER)?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    comes_to_the_end(a, &run, client, behind.as_bytes())
}

fn bytes_behind_the_mark_are_kept(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let urgent = urgent_send(a, 0);
    a.sends_urgent(&mut client, &urgent)?;
    let count = a.random.usize(1_100..1_500);
    let behind = a.bytes(count);
    a.sends(&mut client, &behind)?;
    // A peek at the mark shows what stands behind the urgent byte.
    arrives(&end, MsgFlags::empty(), Ok(count))?;
    a.half_closes(&mut client)?;
    a.step("all of it has arrived before the program starts");
    let run = starts(a, end)?;
    a.hears_line(&mut client, ANSWER)?;
    prints_and_ends(a, &run, client, &behind)
}

fn bytes_that_were_read_before_the_mark_are_forgotten(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let count = a.random.usize(50..2_000);
    let before = a.text(count);
    a.sends(&mut client, &before)?;
    let run = starts(a, end)?;
    // It sleeps when it has read them.
    a.sleeps(&run)?;
    let urgent = urgent_send(a, 4);
    a.sends_urgent(&mut client, &urgent)?;
    a.hears_line(&mut client, ANSWER)?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    comes_to_the_end(a, &run, client, behind.as_bytes())
}

fn an_urgent_byte_that_comes_while_it_waits_cancels(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let run = starts(a, end)?;
    a.sleeps(&run)?;
    let urgent = urgent_send(a, 0);
    a.sends_urgent(&mut client, &urgent)?;
    a.hears_line(&mut client, ANSWER)?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    comes_to_the_end(a, &run, client, behind.as_bytes())
}

fn a_client_may_cancel_again_and_again(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    cancels(a, &mut client)?;
    arrives(&end, MsgFlags::MSG_OOB, Ok(1))?;
    let run = starts(a, end)?;
    a.hears_line(&mut client, ANSWER)?;
    for _ in 0..a.random.usize(1..=3) {
        cancels(a, &mut client)?;
        a.hears_line(&mut client, ANSWER)?;
    }
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    comes_to_the_end(a, &run, client, behind.as_bytes())
}

/// A few bytes, the last of them urgent.
fn cancels(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    let count = a.random.usize(3..30);
    let urgent = urgent_send(a, count);
    a.sends_urgent(client, &urgent)
}

fn it_sleeps_after_a_cancel(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    cancels(a, &mut client)?;
    arrives(&end, MsgFlags::MSG_OOB, Ok(1))?;
    let run = starts(a, end)?;
    a.hears_line(&mut client, ANSWER)?;
    a.sleeps(&run)?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    comes_to_the_end(a, &run, client, behind.as_bytes())
}

fn a_reset_prints_nothing(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let text = a.text(100);
    a.sends(&mut client, &text)?;
    let run = starts(a, end)?;
    a.sleeps(&run)?;
    a.resets(client)?;
    let ended = a.ends_with(&run, 1)?;
    a.printed(&ended, b"")?;
    a.says_why(&ended)
}
