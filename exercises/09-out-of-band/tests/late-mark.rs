//! The graded checks of `late-mark`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use nix::poll::poll;
use nix::sys::socket::{MsgFlags, recv};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "late-mark",
    topic: "09-out-of-band",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_mark_that_is_there_is_found",
            why: "all that stands before the mark goes, all that stands \
                  behind it is printed",
            run: a_mark_that_is_there_is_found,
        },
        Check {
            name: "a_mark_that_comes_while_it_waits_is_found",
            why: "the urgent byte may come when all before it has been read",
            run: a_mark_that_comes_while_it_waits_is_found,
        },
        Check {
            name: "a_stream_without_a_mark_ends_it",
            why: "no mark needs to come, and the end of the stream says that \
                  none will",
            run: a_stream_without_a_mark_ends_it,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-late-mark")
        .or(option_env!("CARGO_BIN_EXE_sol-late-mark"));
    grade::main(&EXERCISE, program)
}

/// The program's descriptor 0, in the story.
const CONNECTION: &str = "the connection to the client";

/// The client, and the other end of its connection, which becomes the
/// program's descriptor 0.
fn connection(a: &mut Attempt) -> Result<(Peer, OwnedFd)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
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

/// `count` random letters, and an urgent byte of any value.
fn urgent_send(a: &mut Attempt, count: usize) -> Vec<u8> {
    let mut bytes = a.text(count);
    bytes.extend(a.bytes(1));
    bytes
}

fn a_mark_that_is_there_is_found(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a)?;
    let count = a.random.usize(4_200..4_500);
    let before = urgent_send(a, count);
    a.sends_urgent(&mut client, &before)?;
    arrives(&end, MsgFlags::MSG_OOB, Ok(1))?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    a.half_closes(&mut client)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    let line = format!("{count} bytes discarded");
    a.prints(&run, 0, &line)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, format!("{line}\n{behind}").as_bytes())
}

fn a_mark_that_comes_while_it_waits_is_found(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a)?;
    let before = a.word();
    a.sends(&mut client, before.as_bytes())?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    a.sleeps(&run)?;
    let urgent = urgent_send(a, 0);
    a.sends_urgent(&mut client, &urgent)?;
    let line = format!("{} bytes discarded", before.len());
    a.prints(&run, 0, &line)?;
    let behind = a.word();
    a.sends(&mut client, behind.as_bytes())?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, format!("{line}\n{behind}").as_bytes())
}

fn a_stream_without_a_mark_ends_it(a: &mut Attempt) -> Result<()> {
    let (mut client, end) = connection(a)?;
    let run = a.start(args(&[]).on_named(end, CONNECTION))?;
    let count = a.random.usize(1..5_000);
    let text = a.bytes(count);
    a.sends(&mut client, &text)?;
    a.half_closes(&mut client)?;
    let ended = a.ends_with(&run, 0)?;
    a.printed(&ended, b"no mark\n")
}
