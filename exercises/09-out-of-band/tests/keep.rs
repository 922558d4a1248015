//! The graded checks of `keep`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::poll::poll;
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "keep",
    topic: "09-out-of-band",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_urgent_byte_is_printed_before_the_stream_ends",
            why: "the urgent byte is for now, all the rest is for later",
            run: the_urgent_byte_is_printed_before_the_stream_ends,
        },
        Check {
            name: "a_full_receive_buffer_loses_nothing",
            why: "the urgent byte has no room before some ordinary bytes are \
                  read, and each of those is to be kept",
            run: a_full_receive_buffer_loses_nothing,
        },
        Check {
            name: "a_stream_without_an_urgent_byte_is_kept_whole",
            why: "the end of the stream says that no urgent byte will come",
            run: a_stream_without_an_urgent_byte_is_kept_whole,
        },
        Check {
            name: "an_urgent_byte_that_stands_first_is_seen",
            why: "an ordinary recv that begins at the mark steps over the \
                  urgent byte",
            run: an_urgent_byte_that_stands_first_is_seen,
        },
        Check {
            name: "an_urgent_byte_that_comes_while_it_sleeps_is_seen",
            why: "an ordinary recv that waits where the mark comes steps over \
                  the urgent byte, and while nothing comes, the program \
                  sleeps",
            run: an_urgent_byte_that_comes_while_it_sleeps_is_seen,
        },
        Check {
            name: "a_reset_is_told",
            why: "a stream that ends with a reset is not complete: exit code \
                  1, and no ordinary bytes on standard output",
            run: a_reset_is_told,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-keep")
        .or(option_env!("CARGO_BIN_EXE_sol-keep"));
    grade::main(&EXERCISE, program)
}

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

/// A stream with an urgent byte, as it is sent and as it is printed.
struct Stream {
    /// What stands before the mark, and the urgent byte.
    urgent: Vec<u8>,
    behind: Vec<u8>,
}

impl Stream {
    /// That many random bytes, and a letter or a digit for the urgent byte.
    fn random(a: &mut Attempt, before: usize, behind: usize) -> Stream {
        let mut urgent = a.bytes(before);
        urgent.push(a.random.alphanumeric() as u8);
        let behind = a.bytes(behind);
        Stream { urgent, behind }
    }

    fn line(&self) -> String {
        let byte = self.urgent.last().copied().unwrap_or_default();
        format!("urgent {}", char::from(byte))
    }

    fn printed(&self) -> Vec<u8> {
        let before = &self.urgent[..self.urgent.len() - 1];
        let mut printed = self.line().into_bytes();
        for (side, bytes) in [("before", before), ("behind", &self.behind)] {
            printed.extend(format!("\n{side} {}\n", bytes.len()).bytes());
            printed.extend(bytes);
        }
        printed.push(b'\n');
        printed
    }
}

fn the_urgent_byte_is_printed_before_the_stream_ends(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let (before, behind) =
        (a.random.usize(4_200..4_500), a.random.usize(1..200));
    let stream = Stream::random(a, before, behind);
    a.sends_urgent(&mut client, &stream.urgent)?;
    arrives(&end, MsgFlags::MSG_OOB, Ok(1))?;
    a.step("all of it has arrived before the program starts");
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    a.prints(&run, 0, &stream.line())?;
    a.sends(&mut client, &stream.behind)?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &stream.printed())
}

fn a_full_receive_buffer_loses_nothing(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, Some(2048))?;
    let (before, behind) =
        (a.random.usize(3_000..3_500), a.random.usize(1..1_000));
    let stream = Stream::random(a, before, behind);
    a.sends_urgent(&mut client, &stream.urgent)?;
    arrives(&end, MsgFlags::MSG_OOB, Err(Errno::EAGAIN))?;
    a.step("the urgent byte is announced, and has no room yet");
    a.sends(&mut client, &stream.behind)?;
    a.half_closes(&mut client)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &stream.printed())
}

fn a_stream_without_an_urgent_byte_is_kept_whole(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let count = a.random.usize(1_100..1_500);
    let text = a.bytes(count);
    a.sends(&mut client, &text)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &[b"no urgent byte\n", &text[..]].concat())
}

fn an_urgent_byte_that_stands_first_is_seen(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let behind = a.random.usize(1..1_000);
    let stream = Stream::random(a, 0, behind);
    a.sends_urgent(&mut client, &stream.urgent)?;
    a.sends(&mut client, &stream.behind)?;
    // A peek at the mark shows what stands behind the urgent byte.
    arrives(&end, MsgFlags::empty(), Ok(behind))?;
    a.half_closes(&mut client)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &stream.printed())
}

fn an_urgent_byte_that_comes_while_it_sleeps_is_seen(
    a: &mut Attempt,
) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let (before, behind) = (a.random.usize(1..500), a.random.usize(1..500));
    let stream = Stream::random(a, before, behind);
    a.sends(&mut client, &stream.urgent[..before])?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    a.sleeps(&run)?;
    a.sends_urgent(&mut client, &stream.urgent[before..])?;
    a.sleeps(&run)?;
    a.sends(&mut client, &stream.behind)?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, &stream.printed())
}

fn a_reset_is_told(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a, None)?;
    let text = a.text(100);
    a.sends(&mut client, &text)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    a.sleeps(&run)?;
    a.resets(client)?;
    let ended = a.ends_with(&run, 1)?;
    a.printed(&ended, b"")?;
    a.says_why(&ended)
}
