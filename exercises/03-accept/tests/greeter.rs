//! The graded checks of `greeter`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::signal::Signal;
use testkit::grade::{self, Attempt, Check, Exercise, args};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "greeter",
    topic: "03-accept",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "the_first_client_is_greeted_and_let_go",
            why: "the server closes a connection as soon as it has greeted, \
                  and waits for no other client before it does",
            run: the_first_client_is_greeted_and_let_go,
        },
        Check {
            name: "clients_are_greeted_in_the_order_in_which_they_came",
            why: "the queue gives out the oldest connection first, and the \
                  server waits for no client to leave",
            run: clients_are_greeted_in_the_order_in_which_they_came,
        },
        Check {
            name: "a_client_that_resets_harms_nobody",
            why: "a reset or an end speaks of one connection, not of the \
                  listening socket",
            run: a_client_that_resets_harms_nobody,
        },
        Check {
            name: "the_server_goes_on_for_ever",
            why: "a descriptor that nobody closes is lost for good: 100 \
                  clients, one at a time, need one descriptor",
            run: the_server_goes_on_for_ever,
        },
        Check {
            name: "without_a_descriptor_it_says_so_and_ends",
            why: "after EMFILE the next `accept` fails as well, and nobody \
                  here will give a descriptor back",
            run: without_a_descriptor_it_says_so_and_ends,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-greeter")
        .or(option_env!("CARGO_BIN_EXE_sol-greeter"));
    grade::main(&EXERCISE, program)
}

/// What client `number` is to hear.
fn greeting(number: usize) -> String {
    format!("you are client {number}")
}

fn the_first_client_is_greeted_and_let_go(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut client = a.connects("client A", server.address)?;
    a.hears_line(&mut client, &greeting(1))?;
    a.hears_the_end(&mut client)
}

fn clients_are_greeted_in_the_order_in_which_they_came(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]))?;
    a.signals(&server.run, Signal::SIGSTOP)?;
    let mut clients = Vec::new();
    // A connection is in the queue when `connect` has returned.
    for name in ["client A", "client B", "client C"] {
        clients.push(a.connects(name, server.address)?);
    }
    a.signals(&server.run, Signal::SIGCONT)?;
    for (at, client) in clients.iter_mut().enumerate() {
        a.hears_line(client, &greeting(at + 1))?;
    }
    Ok(())
}

fn a_client_that_resets_harms_nobody(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    // They leave before the server can take them from the queue.
    a.signals(&server.run, Signal::SIGSTOP)?;
    let client = a.connects("client A", server.address)?;
    a.resets(client)?;
    let client = a.connects("client B", server.address)?;
    a.closes(client);
    let mut last = a.connects("client C", server.address)?;
    a.signals(&server.run, Signal::SIGCONT)?;
    // Linux takes a client that has left out of the queue like any other; on
    // other systems it may go without a number.
    let lines = [1, 2, 3].map(|number| greeting(number) + "\n");
    a.hears_one_of(&mut last, &lines)
}

fn the_server_goes_on_for_ever(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).descriptors(20))?;
    for number in 1..=100 {
        let name = format!("client {number}");
        let mut client = a.connects(&name, server.address)?;
        a.hears_line(&mut client, &greeting(number))?;
    }
    Ok(())
}

fn without_a_descriptor_it_says_so_and_ends(a: &mut Attempt) -> Result<()> {
    // 0 to 2, and the listening socket.
    let run = a.start(args(&[]).descriptors(4))?;
    // Some systems look for a number only when a client is there. Others
    // have let the program end before: then nobody listens any more.
    let _client = match a.line(&run, 0) {
        Ok(line) => knocks(a, &line),
        Err(_) => None,
    };
    let ended = a.ends_with(&run, 1)?;
    a.says_why(&ended)
}

/// Tries to connect to a program that says in `line` where it listens.
fn knocks(a: &mut Attempt, line: &str) -> Option<TcpStream> {
    let address = line.strip_prefix("listening on ")?;
    let address: SocketAddr = address.parse().ok()?;
    a.step(format_args!("the program listens on {address}"));
    a.step("client A tries to connect");
    TcpStream::connect(address).ok()
}
