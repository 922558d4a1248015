//! The graded checks of `one-bad-client`, for the learner's program and for the
//! reference: whichever this package has.

use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::signal::Signal;
use nix::sys::socket::{MsgFlags, recv};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, args, expect};

/// How long the end of a connection may take.
const LIMIT: u16 = 5000;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "one-bad-client",
    topic: "08-server",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "each_client_hears_its_own_words_back",
            why: "what a client says comes back to it and to nobody else, and \
                  when it has ended its stream the server closes",
            run: each_client_hears_its_own_words_back,
        },
        Check {
            name: "a_reset_ends_that_client_only",
            why: "when `recv` fails, one connection has failed; the listening \
                  socket and all other connections are as good as before",
            run: a_reset_ends_that_client_only,
        },
        Check {
            name: "a_client_that_is_gone_before_its_answer_harms_nobody",
            why: "between a client's words and the answer to them the client \
                  may leave; then it is `send` that fails",
            run: a_client_that_is_gone_before_its_answer_harms_nobody,
        },
        Check {
            name: "a_client_that_does_not_read_is_let_go",
            why: "where an answer does not fit, the server neither waits nor \
                  ends nor forgets the answer: it closes that connection",
            run: a_client_that_does_not_read_is_let_go,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-one-bad-client")
        .or(option_env!("CARGO_BIN_EXE_sol-one-bad-client"));
    grade::main(&EXERCISE, program)
}

/// Fails unless the client hears what it says.
fn is_answered(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    let word = a.word();
    a.sends(client, word.as_bytes())?;
    a.hears(client, word.as_bytes())
}

fn each_client_hears_its_own_words_back(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut first = a.connects("client A", server.address)?;
    let mut second = a.connects("client B", server.address)?;
    for _ in 0..2 {
        is_answered(a, &mut second)?;
        is_answered(a, &mut first)?;
    }
    a.half_closes(&mut first)?;
    a.hears_the_end(&mut first)?;
    is_answered(a, &mut second)
}

fn a_reset_ends_that_client_only(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut leaves = a.connects("client A", server.address)?;
    let mut stays = a.connects("client B", server.address)?;
    is_answered(a, &mut leaves)?;
    is_answered(a, &mut stays)?;
    a.resets(leaves)?;
    is_answered(a, &mut stays)?;
    let mut comes = a.connects("client C", server.address)?;
    is_answered(a, &mut comes)
}

fn a_client_that_is_gone_before_its_answer_harms_nobody(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut leaves = a.connects("client A", server.address)?;
    let mut stays = a.connects("client B", server.address)?;
    is_answered(a, &mut leaves)?;
    is_answered(a, &mut stays)?;
    a.signals(&server.run, Signal::SIGSTOP)?;
    let word = a.word();
    a.sends(&mut leaves, word.as_bytes())?;
    a.resets(leaves)?;
    a.signals(&server.run, Signal::SIGCONT)?;
    is_answered(a, &mut stays)?;
    let mut comes = a.connects("client C", server.address)?;
    is_answered(a, &mut comes)
}

fn a_client_that_does_not_read_is_let_go(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut deaf = a.connects_tuned("client A", server.address, 2048)?;
    let mut stays = a.connects("client B", server.address)?;
    is_answered(a, &mut stays)?;
    // It is let go somewhere on the way, which is how this ends.
    let words = a.text(16384);
    let enough = (1 << 20) / words.len();
    let told = (0..enough).all(|_| a.sends_quietly(&mut deaf, &words).is_ok());
    let ends = if told { "" } else { ", and then no longer can" };
    a.step(format_args!("client A sends and does not read{ends}"));
    is_answered(a, &mut stays)?;
    is_let_go(a, &mut deaf)
}

/// Fails unless the connection ends, one way or the other, behind what the
/// client has not read yet.
fn is_let_go(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    let expected = format!("{} hears the end or a reset", client.name());
    let mut buffer = vec![0; 65536];
    loop {
        match recv(client.fd().as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) | Err(Errno::ECONNRESET) => break,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(Errno::EWOULDBLOCK) => {
                let mut wanted = [PollFd::new(client.fd(), PollFlags::POLLIN)];
                let some = poll(&mut wanted, LIMIT).context("poll")? > 0;
                expect(some, &expected, "nothing more, and no end")?;
            }
            Err(errno) => return Err(errno).context("recv"),
        }
    }
    a.step(expected);
    Ok(())
}
