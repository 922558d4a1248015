//! The graded checks of `send-all`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use nix::sys::signal::Signal;
use testkit::grade::{
    self, Attempt, Check, Exercise, Launch, Listener, Peer, Run, args,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "send-all",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "any_bytes_arrive_and_are_counted",
            why: "the peer gets what standard input holds, byte for byte, \
                  and the end of the stream behind it",
            run: any_bytes_arrive_and_are_counted,
        },
        Check {
            name: "megabytes_reach_a_slow_reader",
            why: "however large the input is and however small the peer's \
                  buffer, all of it arrives and is counted",
            run: megabytes_reach_a_slow_reader,
        },
        Check {
            name: "what_comes_in_bits_goes_out_in_bits",
            why: "what was read from standard input is sent before the \
                  program waits for more",
            run: what_comes_in_bits_goes_out_in_bits,
        },
        Check {
            name: "a_stop_in_the_middle_loses_nothing",
            why: "without room the program sleeps in `send`; stopped there \
                  and continued, it gets a short count, and the rest is still \
                  to be sent",
            run: a_stop_in_the_middle_loses_nothing,
        },
        Check {
            name: "a_reset_in_the_middle_is_a_failure",
            why: "nobody will read the rest: a line on standard error and \
                  exit code 1",
            run: a_reset_in_the_middle_is_a_failure,
        },
        Check {
            name: "the_report_waits_for_the_peers_end",
            why: "`send` returns when the own kernel has the bytes; that the \
                  peer's program read them is known when it has closed",
            run: the_report_waits_for_the_peers_end,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-send-all")
        .or(option_env!("CARGO_BIN_EXE_sol-send-all"));
    grade::main(&EXERCISE, program)
}

/// Starts the program and takes its connection.
fn begins(
    a: &mut Attempt,
    listener: &Listener,
    input: impl FnOnce(Launch) -> Launch,
) -> Result<(Run, Peer)> {
    let address = listener.address.to_string();
    let run = a.start(input(args(&[&address])))?;
    let peer = a.accepts(listener, "the peer")?;
    Ok((run, peer))
}

/// The peer closes, and the program reports `count` bytes.
fn reports(a: &mut Attempt, run: &Run, peer: Peer, count: usize) -> Result<()> {
    a.closes(peer);
    let ended = a.ends_with(run, 0)?;
    a.printed(&ended, format!("sent {count} bytes\n").as_bytes())
}

/// So many random characters, the last one a newline. Repeats itself after a
/// number of bytes that no buffer has.
fn text(a: &mut Attempt, count: usize) -> Vec<u8> {
    let some = a.text(65_521.min(count));
    let mut text = some.repeat(count.div_ceil(some.len()));
    text.truncate(count);
    text[count - 1] = b'\n';
    text
}

fn any_bytes_arrive_and_are_counted(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    for count in [a.random.usize(5_000..=20_000), 0] {
        let bytes = a.bytes(count);
        let (run, mut peer) = begins(a, &listener, |l| l.fed(&bytes[..]))?;
        if count > 0 {
            a.hears(&mut peer, &bytes)?;
        }
        a.hears_the_end(&mut peer)?;
        reports(a, &run, peer, count)?;
    }
    Ok(())
}

fn megabytes_reach_a_slow_reader(a: &mut Attempt) -> Result<()> {
    let listener = a.listener_tuned("the peer", 4096)?;
    let count = a.random.usize(2_000_000..=2_500_000);
    let bytes = text(a, count);
    let (run, mut peer) = begins(a, &listener, |l| l.fed(&bytes[..]))?;
    a.hears(&mut peer, &bytes)?;
    a.hears_the_end(&mut peer)?;
    reports(a, &run, peer, count)
}

fn what_comes_in_bits_goes_out_in_bits(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    let (run, mut peer) = begins(a, &listener, Launch::piped)?;
    for _ in 0..3 {
        let word = a.word();
        let line = format!("{word}\n");
        a.feeds(&run, line.as_bytes());
        a.hears_line(&mut peer, &word)?;
    }
    a.ends_the_input(&run);
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    a.ends_with(&run, 0)?;
    Ok(())
}

fn a_stop_in_the_middle_loses_nothing(a: &mut Attempt) -> Result<()> {
    /// Enough to wake the program, less than both kernels hold.
    const PART: usize = 100_000;

    let listener = a.listener_tuned("the peer", 4096)?;
    let bytes = text(a, 1_200_000);
    let (run, mut peer) = begins(a, &listener, |l| l.fed(&bytes[..]))?;
    let mut left = &bytes[..];
    for _ in 0..3 {
        // What Ctrl-Z and `fg` do. Linux takes a program that stops out of
        // its call; a system that does not loses nothing here.
        a.sleeps(&run)?;
        a.signals(&run, Signal::SIGSTOP)?;
        a.signals(&run, Signal::SIGCONT)?;
        let (part, rest) = left.split_at(PART);
        a.hears(&mut peer, part)?;
        left = rest;
    }
    a.hears(&mut peer, left)?;
    a.hears_the_end(&mut peer)?;
    a.closes(peer);
    a.ends_with(&run, 0)?;
    Ok(())
}

fn a_reset_in_the_middle_is_a_failure(a: &mut Attempt) -> Result<()> {
    // Far more than the kernels take, so the program is in `send` by then.
    let listener = a.listener_tuned("the peer", 4096)?;
    let bytes = text(a, 1_000_000);
    let (run, mut peer) = begins(a, &listener, |l| l.fed(&bytes[..]))?;
    a.hears(&mut peer, &bytes[..1000])?;
    a.resets(peer)?;
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)?;
    a.printed(&ended, b"")
}

fn the_report_waits_for_the_peers_end(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the peer")?;
    let count = a.random.usize(100..=900);
    let bytes = text(a, count);
    for resets in [false, true] {
        let (run, mut peer) = begins(a, &listener, |l| l.fed(&bytes[..]))?;
        a.hears(&mut peer, &bytes)?;
        a.hears_the_end(&mut peer)?;
        a.sends(&mut peer, b"wait\n")?;
        a.has_taken(&mut peer)?;
        if !resets {
            reports(a, &run, peer, count)?;
            continue;
        }
        a.resets(peer)?;
        let ended = a.ends_with(&run, 1)?;
        a.says_why(&ended)?;
        a.printed(&ended, b"")?;
    }
    Ok(())
}
