//! The graded checks of `visitors`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "visitors",
    topic: "04-getpeername",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "visitors_are_welcomed_one_after_another",
            why: "the next visitor is let in when the one before has left",
            run: visitors_are_welcomed_one_after_another,
        },
        Check {
            name: "each_visitor_is_told_by_its_own_address",
            why: "a visitor's address is that of the far end of its \
                  connection",
            run: each_visitor_is_told_by_its_own_address,
        },
        Check {
            name: "a_visitor_that_resets_in_the_queue_harms_nobody",
            why: "a visitor may be gone before anybody asks who it was",
            run: a_visitor_that_resets_in_the_queue_harms_nobody,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-visitors")
        .or(option_env!("CARGO_BIN_EXE_sol-visitors"));
    grade::main(&EXERCISE, program)
}

fn visitors_are_welcomed_one_after_another(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut visitors = Vec::new();
    for name in ["visitor A", "visitor B", "visitor C"] {
        visitors.push(a.connects(name, server.address)?);
    }
    for visitor in &mut visitors {
        a.hears_line(visitor, "welcome")?;
        let chat = a.text(20);
        a.sends(visitor, &chat)?;
        a.half_closes(visitor)?;
        a.hears_an_end(visitor)?;
    }
    a.runs_still(&server.run)
}

fn each_visitor_is_told_by_its_own_address(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut visitors = Vec::new();
    for name in ["visitor A", "visitor B", "visitor C"] {
        visitors.push(a.connects(name, server.address)?);
    }
    for (at, visitor) in visitors.into_iter().enumerate() {
        let line = format!("visitor {}", visitor.local());
        a.prints(&server.run, at + 1, &line)?;
        a.closes(visitor);
    }
    Ok(())
}

fn a_visitor_that_resets_in_the_queue_harms_nobody(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut first = a.connects("visitor A", server.address)?;
    a.hears_line(&mut first, "welcome")?;
    // The server waits for A to leave, so B and C wait in the queue.
    let hasty = a.connects("visitor B", server.address)?;
    a.resets(hasty)?;
    let mut last = a.connects("visitor C", server.address)?;
    a.half_closes(&mut first)?;
    a.hears_an_end(&mut first)?;
    a.hears_line(&mut last, "welcome")?;
    a.half_closes(&mut last)?;
    a.hears_an_end(&mut last)?;
    a.runs_still(&server.run)
}
