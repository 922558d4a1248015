//! The graded checks of `sniff`, for the learner's program and for the
//! reference: whichever this package has.

use std::net::TcpListener;
use std::process::ExitCode;

use anyhow::{Context, Result};
use testkit::grade::{self, Attempt, Check, Exercise, Peer, Run, args};
use testkit::program::Ended;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "sniff",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "each_protocol_is_told_by_its_name",
            why: "the table of the task has six beginnings and three names",
            run: each_protocol_is_told_by_its_name,
        },
        Check {
            name: "the_whole_stream_comes_out_untouched",
            why: "whoever reads standard output needs the stream from its \
                  first byte on, whatever bytes it has",
            run: the_whole_stream_comes_out_untouched,
        },
        Check {
            name: "bytes_that_come_one_by_one_are_waited_for_asleep",
            why: "a peek gives what is there, and gives it again when it is \
                  asked again; the program must wait for more, and asleep",
            run: bytes_that_come_one_by_one_are_waited_for_asleep,
        },
        Check {
            name: "what_only_resembles_a_protocol_is_unknown",
            why: "every byte of a beginning counts, and its case",
            run: what_only_resembles_a_protocol_is_unknown,
        },
        Check {
            name: "the_verdict_comes_with_the_byte_that_decides",
            why: "this client waits for an answer before it sends more, so \
                  nobody may wait for a byte that decides nothing",
            run: the_verdict_comes_with_the_byte_that_decides,
        },
        Check {
            name: "a_stream_that_ends_undecided_is_unknown",
            why: "the deciding byte will not come any more; what came before \
                  the end is passed on",
            run: a_stream_that_ends_undecided_is_unknown,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-sniff")
        .or(option_env!("CARGO_BIN_EXE_sol-sniff"));
    grade::main(&EXERCISE, program)
}

/// A client, and the other end of its connection.
fn client(a: &mut Attempt) -> Result<(Peer, std::net::TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
    let client = a.connects("the client", listener.local_addr()?)?;
    let (connection, _) = listener.accept().context("accept")?;
    Ok((client, connection))
}

/// A program that finds these bytes on its connection, which stays open.
fn met(a: &mut Attempt, bytes: &[u8]) -> Result<(Run, Peer)> {
    let (mut client, connection) = client(a)?;
    a.sends(&mut client, bytes)?;
    Ok((a.start(args(&[]).on(connection))?, client))
}

/// The client is told this name, and then ends its stream.
fn is_told(
    a: &mut Attempt,
    run: &Run,
    mut client: Peer,
    name: &str,
) -> Result<Ended> {
    a.hears_line(&mut client, name)?;
    a.half_closes(&mut client)?;
    a.ends_with(run, 0)
}

/// Bytes that no protocol of the table needs any more.
fn rest(a: &mut Attempt) -> Vec<u8> {
    let size = a.random.usize(8..=40);
    a.text(size)
}

fn each_protocol_is_told_by_its_name(a: &mut Attempt) -> Result<()> {
    let mut all = [
        (&b"\x16\x03"[..], "tls"),
        (b"SSH-", "ssh"),
        (b"GET ", "http"),
        (b"PUT ", "http"),
        (b"HEAD ", "http"),
        (b"POST ", "http"),
    ];
    a.random.shuffle(&mut all);
    for (beginning, name) in all {
        let bytes = [beginning, &rest(a)].concat();
        let (run, client) = met(a, &bytes)?;
        is_told(a, &run, client, name)?;
    }
    Ok(())
}

fn the_whole_stream_comes_out_untouched(a: &mut Attempt) -> Result<()> {
    let known = [(&b"\x16\x03"[..], "tls"), (b"SSH-", "ssh")];
    let (beginning, name) = known[a.random.usize(..known.len())];
    let size = a.random.usize(20_000..=40_000);
    let (part, rest) = (a.bytes(size), a.bytes(size));
    let (run, mut client) = met(a, &[beginning, &part].concat())?;
    a.sends(&mut client, &rest)?;
    let ended = is_told(a, &run, client, name)?;
    a.printed(&ended, &[beginning, &part, &rest].concat())
}

fn bytes_that_come_one_by_one_are_waited_for_asleep(
    a: &mut Attempt,
) -> Result<()> {
    let known = [(b"SSH-", "ssh"), (b"GET ", "http")];
    let (beginning, name) = known[a.random.usize(..known.len())];
    let (run, mut client) = met(a, &beginning[..1])?;
    for byte in &beginning[1..] {
        a.sleeps(&run)?;
        a.sends(&mut client, &[*byte])?;
    }
    let rest = rest(a);
    a.sends(&mut client, &rest)?;
    is_told(a, &run, client, name)?;
    Ok(())
}

fn what_only_resembles_a_protocol_is_unknown(a: &mut Attempt) -> Result<()> {
    let mut all = [
        &b"\x16\x02"[..],
        b"\x03\x16",
        b"SSH ",
        b" SSH-",
        b"get ",
        b"GET\n",
        b"PUSH ",
        b"POET ",
    ];
    a.random.shuffle(&mut all);
    for beginning in all {
        let bytes = [beginning, &rest(a)].concat();
        let (run, client) = met(a, &bytes)?;
        is_told(a, &run, client, "unknown")?;
    }
    Ok(())
}

fn the_verdict_comes_with_the_byte_that_decides(a: &mut Attempt) -> Result<()> {
    let mut all = [
        (&b"\x16\x03"[..], "tls"),
        (b"SSH-", "ssh"),
        (b"GET ", "http"),
        (b"#", "unknown"),
        (b"SS#", "unknown"),
    ];
    a.random.shuffle(&mut all);
    for (bytes, name) in all {
        let (run, client) = met(a, bytes)?;
        is_told(a, &run, client, name)?;
    }
    Ok(())
}

fn a_stream_that_ends_undecided_is_unknown(a: &mut Attempt) -> Result<()> {
    let mut all = [&b""[..], b"\x16", b"SS", b"GET", b"POST"];
    a.random.shuffle(&mut all);
    for bytes in all {
        let (run, mut client) = met(a, bytes)?;
        a.half_closes(&mut client)?;
        a.hears_line(&mut client, "unknown")?;
        let ended = a.ends_with(&run, 0)?;
        a.printed(&ended, bytes)?;
    }
    Ok(())
}
