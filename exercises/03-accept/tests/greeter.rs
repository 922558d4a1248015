//! The graded checks of `greeter`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, args};

/// The exercise, for the proof that its stub fails.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "greeter",
    topic: "03-accept",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_first_client_is_greeted_and_let_go",
            why: "each client hears its number, then the end of the stream",
            run: the_first_client_is_greeted_and_let_go,
        },
        Check {
            name: "clients_are_greeted_in_the_order_in_which_they_came",
            why: "the queue gives out the oldest connection first",
            run: clients_are_greeted_in_the_order_in_which_they_came,
        },
        Check {
            name: "a_client_that_resets_harms_nobody",
            why: "a reset ends one connection, not the server",
            run: a_client_that_resets_harms_nobody,
        },
        Check {
            name: "the_server_goes_on_for_ever",
            why: "the task says for ever: here for a hundred clients",
            run: the_server_goes_on_for_ever,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-greeter")
        .or(option_env!("CARGO_BIN_EXE_sol-greeter"));
    grade::main(&EXERCISE, program)
}

fn the_first_client_is_greeted_and_let_go(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    let mut client = a.connects("client A", address)?;
    a.hears_line(&mut client, "you are client 1")?;
    a.hears_the_end(&mut client)
}

fn clients_are_greeted_in_the_order_in_which_they_came(
    a: &mut Attempt,
) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    let mut clients = Vec::new();
    for name in ["client A", "client B", "client C"] {
        clients.push(a.connects(name, address)?);
    }
    for (at, client) in clients.iter_mut().enumerate() {
        a.hears_line(client, &format!("you are client {}", at + 1))?;
        a.hears_the_end(client)?;
    }
    Ok(())
}

fn a_client_that_resets_harms_nobody(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    for name in ["client A", "client B"] {
        let mut client = a.connects(name, address)?;
        a.sends(&mut client, b"never mind")?;
        a.resets(client)?;
    }
    let mut last = a.connects("client C", address)?;
    // Linux takes a client that has reset out of the queue as any other; on
    // other systems it may have gone without a number.
    let lines = [1, 2, 3].map(|n| format!("you are client {n}\n"));
    a.hears_one_of(&mut last, &lines)?;
    a.hears_the_end(&mut last)
}

fn the_server_goes_on_for_ever(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    for number in 1..=100 {
        let mut client = a.connects(&format!("client {number}"), address)?;
        a.hears_line(&mut client, &format!("you are client {number}"))?;
    }
    Ok(())
}
