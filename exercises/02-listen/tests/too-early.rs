//! The graded checks of `too-early`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, args, expect};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "too-early",
    topic: "02-listen",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_client_can_connect_as_soon_as_it_is_told_the_address",
            why: "a port that is bound and does not listen refuses, so the \
                  address is told too early if listen has not returned",
            run: a_client_can_connect_as_soon_as_it_is_told_the_address,
        },
        Check {
            name: "a_client_that_comes_later_gets_the_word_too",
            why: "the word may be there first; then the server sleeps until \
                  a client comes",
            run: a_client_that_comes_later_gets_the_word_too,
        },
        Check {
            name: "it_listens_on_127_0_0_1",
            why: "the task names the address; where nobody calls bind before \
                  listen, the kernel takes the wildcard",
            run: it_listens_on_127_0_0_1,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-too-early")
        .or(option_env!("CARGO_BIN_EXE_sol-too-early"));
    grade::main(&EXERCISE, program)
}

fn a_client_can_connect_as_soon_as_it_is_told_the_address(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let mut client = a.connects("client A", server.address)?;
    let word = a.word();
    a.feeds(&server.run, format!("{word}\n").as_bytes());
    a.hears_line(&mut client, &word)?;
    a.hears_the_end(&mut client)?;
    a.ends_with(&server.run, 0)?;
    Ok(())
}

fn a_client_that_comes_later_gets_the_word_too(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let run = a.start(args(&[]).fed(format!("{word}\n").into_bytes()))?;
    // Not from its first line alone, which may come early.
    a.line(&run, 0)?;
    let address = a.listens(&run)?;
    if a.sleeps(&run).is_err() {
        // It may do as it likes, as long as it is there for a client.
        a.runs_still(&run)?;
    }
    let mut client = a.connects("client A", address)?;
    a.hears_line(&mut client, &word)?;
    a.hears_the_end(&mut client)?;
    a.ends_with(&run, 0)?;
    Ok(())
}

fn it_listens_on_127_0_0_1(a: &mut Attempt) -> Result<()> {
    let word = a.word();
    let run = a.start(args(&[]).fed(format!("{word}\n").into_bytes()))?;
    let line = a.line(&run, 0)?;
    let host = format!("listening on {}:", Ipv4Addr::LOCALHOST);
    expect(
        line.starts_with(&host),
        format_args!("the first line begins with {host:?}"),
        grade::quote(line.as_bytes()),
    )
}
