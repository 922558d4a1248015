//! The graded checks of `dial-timeout`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use testkit::grade::{self, Attempt, Check, Exercise, Run, args, expect};
use testkit::program::DEADLINE;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "dial-timeout",
    topic: "07-many-at-once",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_server_that_answers_is_heard_to_its_end",
            why: "where the server answers, the program prints `connected` \
                  and then all that the server sends, however late it comes, \
                  signals or not",
            run: a_server_that_answers_is_heard_to_its_end,
        },
        Check {
            name: "a_refusal_is_told_at_once",
            why: "an attempt that has ended is not an attempt that has \
                  succeeded; a refusal is `refused` and exit code 3, whatever \
                  is left of the time",
            run: a_refusal_is_told_at_once,
        },
        Check {
            name: "a_silent_server_is_given_up_when_the_time_is_over",
            why: "where no answer comes, the program says `timed out` when \
                  its milliseconds are over, and not before",
            run: a_silent_server_is_given_up_when_the_time_is_over,
        },
        Check {
            name: "a_signal_neither_ends_nor_prolongs_the_wait",
            why: "a handler that ran says nothing about the attempt, and the \
                  time goes on meanwhile",
            run: a_signal_neither_ends_nor_prolongs_the_wait,
        },
        Check {
            name: "it_sleeps_while_it_waits",
            why: "the program waits in a call that sleeps; asking again and \
                  again keeps a processor busy",
            run: it_sleeps_while_it_waits,
        },
        Check {
            name: "the_limit_is_for_connecting_only",
            why: "a server that has answered may take as long as it likes to \
                  speak",
            run: the_limit_is_for_connecting_only,
        },
        Check {
            name: "any_other_failure_is_told_on_standard_error",
            why: "what is neither a refusal nor silence is told on standard \
                  error, with exit code 1",
            run: any_other_failure_is_told_on_standard_error,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-dial-timeout")
        .or(option_env!("CARGO_BIN_EXE_sol-dial-timeout"));
    grade::main(&EXERCISE, program)
}

/// More than any step of a check may take, in milliseconds: whoever waits for
/// so long is caught.
const LONG: std::ops::RangeInclusive<u64> = 20_000..=50_000;

/// A clock of the program's may count in whole milliseconds, and round.
const ROUNDING: Duration = Duration::from_millis(10);

/// Starts the program; from its first line on it handles SIGUSR1.
fn dials(a: &mut Attempt, to: SocketAddr, limit: u64) -> Result<Run> {
    let run = a.start(args(&[&to.to_string(), &limit.to_string()]))?;
    a.prints(&run, 0, &format!("dialing {to}"))?;
    Ok(run)
}

/// Fails where the limit was not over yet: time is looked at from below only.
fn not_before(begun: Instant, limit: u64) -> Result<()> {
    let (limit, took) = (Duration::from_millis(limit), begun.elapsed());
    expect(
        took + ROUNDING >= limit,
        format_args!("the program gives up after {limit:?}"),
        format_args!("it gave up after {took:?}"),
    )
}

fn a_server_that_answers_is_heard_to_its_end(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the server")?;
    let limit = a.random.u64(LONG);
    let run = dials(a, listener.address, limit)?;
    let mut server = a.accepts(&listener, "the server's end")?;
    // Nothing is there to read yet. A signal changes nothing about that.
    a.sleeps(&run)?;
    a.signals(&run, Signal::SIGUSR1)?;
    let line = format!("{}\n", a.word());
    let (half, rest) = line.as_bytes().split_at(2);
    a.sends_pieces(&mut server, &[half, rest])?;
    // More than one call takes.
    let count = a.random.usize(150_000..=250_000);
    let long = a.text(count);
    a.sends(&mut server, &long)?;
    a.closes(server);
    let ended = a.ends_with(&run, 0)?;
    let head = format!("dialing {}\nconnected\n{line}", listener.address);
    a.printed(&ended, &[head.as_bytes(), &long].concat())
}

fn a_refusal_is_told_at_once(a: &mut Attempt) -> Result<()> {
    let nobody = a.closed_address()?;
    let limit = a.random.u64(LONG);
    let run = dials(a, nobody.address, limit)?;
    a.prints(&run, 1, "refused")?;
    let ended = a.ends_with(&run, 3)?;
    let all = format!("dialing {}\nrefused\n", nobody.address);
    a.printed(&ended, all.as_bytes())
}

fn a_silent_server_is_given_up_when_the_time_is_over(
    a: &mut Attempt,
) -> Result<()> {
    let silent = a.silent("the server")?;
    let limit = a.random.u64(100..=200);
    let begun = Instant::now();
    let run = dials(a, silent.address, limit)?;
    let ended = a.ends_with(&run, 4)?;
    not_before(begun, limit)?;
    let all = format!("dialing {}\ntimed out\n", silent.address);
    a.printed(&ended, all.as_bytes())
}

fn a_signal_neither_ends_nor_prolongs_the_wait(a: &mut Attempt) -> Result<()> {
    let silent = a.silent("the server")?;
    // Longer than any pause between two signals.
    let limit = 400;
    let begun = Instant::now();
    let run = dials(a, silent.address, limit)?;
    // Whoever begins anew with each signal never comes to an end.
    let every = Duration::from_millis(20);
    a.signals_until_its_end(&run, Signal::SIGUSR1, every)?;
    let waits = a.runs_still(&run).is_ok();
    expect(
        !waits,
        format_args!("the program gives up after {limit} ms, signals or not"),
        format_args!("it still waits after {DEADLINE:?}"),
    )?;
    let ended = a.ends_with(&run, 4)?;
    not_before(begun, limit)?;
    let all = format!("dialing {}\ntimed out\n", silent.address);
    a.printed(&ended, all.as_bytes())
}

fn it_sleeps_while_it_waits(a: &mut Attempt) -> Result<()> {
    let silent = a.silent("the server")?;
    let limit = a.random.u64(LONG);
    let run = dials(a, silent.address, limit)?;
    a.sleeps(&run)?;
    a.runs_still(&run)
}

fn the_limit_is_for_connecting_only(a: &mut Attempt) -> Result<()> {
    let listener = a.listener("the server")?;
    let limit = 250;
    let run = dials(a, listener.address, limit)?;
    let mut server = a.accepts(&listener, "the server's end")?;
    a.prints(&run, 1, "connected")?;
    // Now it waits for the server's words, and the limit passes. Nothing is
    // expected of this time, so it may as well take longer.
    a.sleeps(&run)?;
    let over = PollTimeout::try_from(limit + 50)?;
    poll(&mut [PollFd::new(server.fd(), PollFlags::POLLIN)], over)?;
    a.step(format_args!("{limit} ms pass, and the server is silent"));
    a.runs_still(&run)?;
    let line = format!("{}\n", a.word());
    a.sends(&mut server, line.as_bytes())?;
    a.closes(server);
    let ended = a.ends_with(&run, 0)?;
    let all = format!("dialing {}\nconnected\n{line}", listener.address);
    a.printed(&ended, all.as_bytes())
}

fn any_other_failure_is_told_on_standard_error(a: &mut Attempt) -> Result<()> {
    // A group of machines: no kernel connects to one.
    let group = [224, 0, 0, a.random.u8(1..=250)];
    let port = a.random.u16(1024..);
    let limit = a.random.u64(LONG);
    let run = dials(a, SocketAddr::from((group, port)), limit)?;
    let ended = a.ends(&run)?;
    let all = format!("dialing {}\n", SocketAddr::from((group, port)));
    a.printed(&ended, all.as_bytes())?;
    let code = ended.code();
    expect(code == Some(1), "exit code 1", format_args!("{code:?}"))?;
    a.says_why(&ended)
}
