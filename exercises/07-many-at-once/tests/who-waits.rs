//! The graded checks of `who-waits`, for the learner's program and for the
//! reference: whichever this package has.

use std::process::ExitCode;

use anyhow::Result;
use testkit::grade::{self, Attempt, Check, Exercise, Peer, args, expect};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "who-waits",
    topic: "07-many-at-once",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "a_client_is_announced_and_a_line_lets_it_in",
            why: "a client in the queue is told on standard output; a line \
                  lets it in: `let in` and its address, `come in` for the \
                  client, and the end of its connection",
            run: a_client_is_announced_and_a_line_lets_it_in,
        },
        Check {
            name: "a_queue_is_announced_once_and_the_program_sleeps",
            why: "a client in the queue is reported by each `select` that \
                  watches the queue; the program says it once, and sleeps",
            run: a_queue_is_announced_once_and_the_program_sleeps,
        },
        Check {
            name: "nobody_is_accepted_before_a_line_comes",
            why: "clients stay in the accept queue until a line comes",
            run: nobody_is_accepted_before_a_line_comes,
        },
        Check {
            name: "several_lines_in_one_piece_let_in_several",
            why: "each newline lets in one client, however the lines come",
            run: several_lines_in_one_piece_let_in_several,
        },
        Check {
            name: "half_a_line_holds_nothing_up",
            why: "that standard input is readable does not mean that a whole \
                  line is there; the program reads what there is and watches \
                  the queue meanwhile",
            run: half_a_line_holds_nothing_up,
        },
        Check {
            name: "a_line_with_nobody_waiting_stops_nothing",
            why: "a line that finds the queue empty is told, and the program \
                  goes on",
            run: a_line_with_nobody_waiting_stops_nothing,
        },
        Check {
            name: "a_client_that_has_left_harms_nobody",
            why: "a client that has left the queue by a reset ends no server",
            run: a_client_that_has_left_harms_nobody,
        },
        Check {
            name: "the_end_of_the_input_ends_the_program",
            why: "the end of standard input is the end of the program, \
                  whoever is still in the queue",
            run: the_end_of_the_input_ends_the_program,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-who-waits")
        .or(option_env!("CARGO_BIN_EXE_sol-who-waits"));
    grade::main(&EXERCISE, program)
}

const WAITING: &str = "a client is waiting";

/// Any text; what counts is the newline.
fn some_line(a: &mut Attempt) -> Vec<u8> {
    format!("{}\n", a.word()).into_bytes()
}

/// Fails unless the client is let in. How its connection ends is the business
/// of one check alone.
fn comes_in(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    a.hears_line(client, "come in")
}

fn a_client_is_announced_and_a_line_lets_it_in(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    for (turn, name) in ["client A", "client B"].into_iter().enumerate() {
        let mut client = a.connects(name, server.address)?;
        a.prints(&server.run, 1 + 2 * turn, WAITING)?;
        let line = some_line(a);
        a.feeds(&server.run, &line);
        comes_in(a, &mut client)?;
        a.hears_the_end(&mut client)?;
        let told = format!("let in {}", client.local());
        a.prints(&server.run, 2 + 2 * turn, &told)?;
    }
    Ok(())
}

fn a_queue_is_announced_once_and_the_program_sleeps(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let mut first = a.connects("client A", server.address)?;
    a.prints(&server.run, 1, WAITING)?;
    a.sleeps(&server.run)?;
    let mut second = a.connects("client B", server.address)?;
    a.sleeps(&server.run)?;
    let line = some_line(a);
    a.feeds(&server.run, &line);
    comes_in(a, &mut first)?;
    // Had it said anything about client B, that would stand here.
    let next = a.line(&server.run, 2)?;
    expect(
        next.starts_with("let in "),
        "after one \"a client is waiting\" the program prints \"let in …\"",
        format_args!("{next:?}"),
    )?;
    a.prints(&server.run, 3, WAITING)?;
    let line = some_line(a);
    a.feeds(&server.run, &line);
    comes_in(a, &mut second)?;
    a.sleeps(&server.run)
}

fn nobody_is_accepted_before_a_line_comes(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let mut first = a.connects("client A", server.address)?;
    a.prints(&server.run, 1, WAITING)?;
    let mut second = a.connects("client B", server.address)?;
    a.waits_in_queue(server.address, 2)?;
    // The kernel ends connections that nobody has taken by a reset, and those
    // of a process that is no more by an ordinary end.
    a.stop(&server.run)?;
    a.hears_a_reset(&mut first)?;
    a.hears_a_reset(&mut second)
}

fn several_lines_in_one_piece_let_in_several(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let mut clients = Vec::new();
    for name in ["client A", "client B", "client C"] {
        clients.push(a.connects(name, server.address)?);
    }
    a.prints(&server.run, 1, WAITING)?;
    let mut lines = Vec::new();
    for _ in &clients {
        lines.extend(some_line(a));
    }
    a.feeds(&server.run, &lines);
    for client in &mut clients {
        comes_in(a, client)?;
    }
    Ok(())
}

fn half_a_line_holds_nothing_up(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let line = some_line(a);
    let (half, rest) = line.split_at(3);
    a.feeds(&server.run, half);
    a.sleeps(&server.run)?;
    let mut client = a.connects("client A", server.address)?;
    a.prints(&server.run, 1, WAITING)?;
    a.feeds(&server.run, rest);
    comes_in(a, &mut client)
}

fn a_line_with_nobody_waiting_stops_nothing(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let line = some_line(a);
    a.feeds(&server.run, &line);
    a.prints(&server.run, 1, "nobody is waiting")?;
    let mut client = a.connects("client A", server.address)?;
    a.prints(&server.run, 2, WAITING)?;
    a.feeds(&server.run, &line);
    comes_in(a, &mut client)
}

fn a_client_that_has_left_harms_nobody(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let gone = a.connects("client A", server.address)?;
    a.prints(&server.run, 1, WAITING)?;
    a.resets(gone)?;
    let line = some_line(a);
    a.feeds(&server.run, &line);
    // Linux hands over a client that has reset; other kernels may not.
    let told = a.line(&server.run, 2)?;
    expect(
        told.starts_with("let in ") || told == "nobody is waiting",
        "the program prints \"let in …\" or \"nobody is waiting\"",
        format_args!("{told:?}"),
    )?;
    let mut client = a.connects("client B", server.address)?;
    a.prints(&server.run, 3, WAITING)?;
    a.feeds(&server.run, &line);
    comes_in(a, &mut client)
}

fn the_end_of_the_input_ends_the_program(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]).piped())?;
    let mut first = a.connects("client A", server.address)?;
    let mut second = a.connects("client B", server.address)?;
    a.prints(&server.run, 1, WAITING)?;
    let line = some_line(a);
    a.feeds(&server.run, &line);
    a.ends_the_input(&server.run);
    comes_in(a, &mut first)?;
    a.ends_with(&server.run, 0)?;
    a.hears_an_end(&mut second)
}
