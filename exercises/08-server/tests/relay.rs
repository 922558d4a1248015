//! The graded checks of `relay`, for the learner's program and for the
//! reference: whichever this package has.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::socket::{MsgFlags, recv};
use testkit::Skip;
use testkit::grade::{
    self, Attempt, Check, Exercise, Failure, Peer, Server, args, expect, quote,
};

/// How long the end of a connection may take, in milliseconds.
const LIMIT: u16 = 5000;

/// The receive buffer of a slow reader, in bytes.
const SMALL: usize = 2048;

/// So many bytes may be kept for a client, a line more or less.
const WITHIN: usize = 58_000;

/// So many are too many, a line more or less.
const BEYOND: usize = 72_000;

/// More than the buffers of a slow reader and the limit together.
const MUCH: usize = 500_000;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "relay",
    topic: "08-server",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "all_others_hear_a_line_and_the_speaker_does_not",
            why: "each client is welcomed, and from then on it hears each \
                  line of the others, in order, and none of its own",
            run: all_others_hear_a_line_and_the_speaker_does_not,
        },
        Check {
            name: "a_line_is_whole_however_it_comes",
            why: "a `recv` may give half a line or three of them; a line is \
                  passed on when its newline has come, in one piece, and \
                  until then nobody waits for it",
            run: a_line_is_whole_however_it_comes,
        },
        Check {
            name: "words_without_a_newline_go_with_the_client",
            why: "what a client has said behind its last newline is no line; \
                  when it leaves, nobody hears it",
            run: words_without_a_newline_go_with_the_client,
        },
        Check {
            name: "clients_that_leave_harm_nobody",
            why: "a reset shows up in `recv` or in `send`; either ends that \
                  client's connection, which is then closed, and nothing else",
            run: clients_that_leave_harm_nobody,
        },
        Check {
            name: "a_slow_client_within_the_limit_loses_nothing",
            why: "what `send` does not take is kept and sent later: each \
                  byte once, in order",
            run: a_slow_client_within_the_limit_loses_nothing,
        },
        Check {
            name: "a_client_that_does_not_read_is_cut_off_and_no_other",
            why: "65,536 bytes are kept for a client and no more; then it is \
                  closed, and those who read hear everything meanwhile",
            run: a_client_that_does_not_read_is_cut_off_and_no_other,
        },
        Check {
            name: "it_sleeps_while_nothing_happens",
            why: "a socket with room is reported in every turn, and so is one \
                  at its end: watch the first only while something is kept \
                  for it, and close the second",
            run: it_sleeps_while_nothing_happens,
        },
        Check {
            name: "hundreds_of_clients_hear_one_line",
            why: "500 clients may come; this check sends 200",
            run: hundreds_of_clients_hear_one_line,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-relay")
        .or(option_env!("CARGO_BIN_EXE_sol-relay"));
    grade::main(&EXERCISE, program)
}

/// Connects clients; each has heard its welcome when this returns.
fn clients<const COUNT: usize>(
    a: &mut Attempt,
    server: &Server,
    names: [impl AsRef<str>; COUNT],
) -> Result<[Peer; COUNT]> {
    let mut peers = Vec::new();
    for name in names {
        let mut peer = a.connects(name.as_ref(), server.address)?;
        is_welcomed(a, &mut peer)?;
        peers.push(peer);
    }
    peers.try_into().ok().context("a client for each name")
}

fn slow_client(a: &mut Attempt, server: &Server, name: &str) -> Result<Peer> {
    let mut peer = a.connects_tuned(name, server.address, SMALL)?;
    is_welcomed(a, &mut peer)?;
    Ok(peer)
}

fn is_welcomed(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    a.hears_line(client, "welcome")
}

/// One client says a line, and the others hear it.
fn says(
    a: &mut Attempt,
    speaker: &mut Peer,
    others: &mut [&mut Peer],
) -> Result<()> {
    let line = format!("{}\n", a.word());
    a.sends(speaker, line.as_bytes())?;
    for other in others {
        a.hears(other, line.as_bytes())?;
    }
    Ok(())
}

/// Random lines of up to `longest` bytes, `count` bytes or one more in all.
fn lines(a: &mut Attempt, count: usize, longest: usize) -> Vec<u8> {
    let mut lines = Vec::new();
    while lines.len() < count {
        let length = a.random.usize(5..longest).min(count - lines.len());
        lines.extend(a.text(length));
        lines.push(b'\n');
    }
    lines
}

/// One client says many lines, and another one, who reads, hears them.
fn are_heard(
    a: &mut Attempt,
    speaker: &mut Peer,
    other: &mut Peer,
    lines: &[u8],
) -> Result<()> {
    let mut left = lines;
    while !left.is_empty() {
        // What is on its way at once fits into the other one's buffers.
        let most = &left[..left.len().min(65_536)];
        let newline = most.iter().rposition(|byte| *byte == b'\n');
        let (part, rest) = left.split_at(newline.context("a newline")? + 1);
        a.sends(speaker, part)?;
        a.hears(other, part)?;
        left = rest;
    }
    Ok(())
}

/// Fails unless the connection ends, one way or the other, before the client
/// has heard all that was said.
fn is_cut_off(a: &mut Attempt, client: &mut Peer, said: usize) -> Result<()> {
    let expected = format!(
        "{} hears less than the {said} bytes, and then its connection ends",
        client.name()
    );
    let (mut heard, mut buffer) = (0, vec![0; 65_536]);
    loop {
        match recv(client.fd().as_raw_fd(), &mut buffer, MsgFlags::empty()) {
            Ok(0) | Err(Errno::ECONNRESET) => break,
            Ok(count) => heard += count,
            Err(Errno::EINTR) => {}
            Err(Errno::EWOULDBLOCK) => {
                let mut wanted = [PollFd::new(client.fd(), PollFlags::POLLIN)];
                let some = poll(&mut wanted, LIMIT).context("poll")? > 0;
                let got = format!("{heard} bytes, and the connection is open");
                expect(some, &expected, got)?;
            }
            Err(errno) => return Err(errno).context("recv"),
        }
    }
    let got = "all of them, so more were kept than the limit allows";
    expect(heard < said, &expected, got)?;
    a.step(expected);
    Ok(())
}

fn all_others_hear_a_line_and_the_speaker_does_not(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut one, mut two, mut three] =
        clients(a, &server, ["client A", "client B", "client C"])?;
    // Whoever hears itself hears the wrong line next.
    says(a, &mut one, &mut [&mut two, &mut three])?;
    says(a, &mut two, &mut [&mut one, &mut three])?;
    says(a, &mut three, &mut [&mut one, &mut two])?;
    let [mut four] = clients(a, &server, ["client D"])?;
    says(a, &mut two, &mut [&mut one, &mut three, &mut four])?;
    says(a, &mut four, &mut [&mut one, &mut two, &mut three])
}

fn a_line_is_whole_however_it_comes(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut one, mut two, mut three] =
        clients(a, &server, ["client A", "client B", "client C"])?;
    // A line of client B comes while client A is in the middle of one.
    let (begin, end) = (a.word(), a.word());
    a.sends(&mut one, begin.as_bytes())?;
    a.has_taken(&mut one)?;
    says(a, &mut two, &mut [&mut three])?;
    a.sends(&mut one, format!("{end}\n").as_bytes())?;
    let whole = format!("{begin}{end}\n");
    a.hears(&mut three, whole.as_bytes())?;
    // Lines in one piece, an empty one among them, and the next one begun.
    let words = [(); 3].map(|()| a.word());
    let [first, third, begin] = words;
    let piece = format!("{first}\n\n{third}\n{begin}");
    a.sends(&mut one, piece.as_bytes())?;
    let complete = format!("{first}\n\n{third}\n");
    a.hears(&mut three, complete.as_bytes())?;
    a.sends(&mut one, b"\n")?;
    a.hears(&mut three, format!("{begin}\n").as_bytes())?;
    // Long ones, of any bytes, a zero among them.
    for _ in 0..2 {
        let length = a.random.usize(2_000..4_096);
        let mut line = a.bytes(length);
        line.retain(|byte| *byte != b'\n');
        let middle = line.len() / 2;
        line[middle] = 0;
        line.push(b'\n');
        a.sends(&mut one, &line)?;
        a.hears(&mut three, &line)?;
    }
    Ok(())
}

fn words_without_a_newline_go_with_the_client(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut leaves, mut stays, mut hears] =
        clients(a, &server, ["client A", "client B", "client C"])?;
    let (said, begun) = (a.word(), a.word());
    a.sends(&mut leaves, format!("{said}\n{begun}").as_bytes())?;
    a.half_closes(&mut leaves)?;
    a.hears(&mut hears, format!("{said}\n").as_bytes())?;
    a.hears_an_end(&mut leaves)?;
    // What client A left behind would have come before this.
    says(a, &mut stays, &mut [&mut hears])
}

fn clients_that_leave_harm_nobody(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let names = ["A", "B", "C", "D", "E", "F"];
    let [mut one, mut two, mut three, mut four, five, six] =
        clients(a, &server, names.map(|name| format!("client {name}")))?;
    says(a, &mut one, &mut [&mut two, &mut three, &mut four])?;
    a.half_closes(&mut three)?;
    a.hears_an_end(&mut three)?;
    a.resets(four)?;
    // Nobody has told it anything before a new client comes, so it is `recv`
    // that fails.
    let [mut new] = clients(a, &server, ["client G"])?;
    says(a, &mut new, &mut [&mut one, &mut two])?;
    // Whom the server hears first, client A or those who have gone meanwhile,
    // is left to it.
    a.signals(&server.run, Signal::SIGSTOP)?;
    a.resets(five)?;
    a.resets(six)?;
    let line = format!("{}\n", a.word());
    a.sends(&mut one, line.as_bytes())?;
    a.signals(&server.run, Signal::SIGCONT)?;
    a.hears(&mut two, line.as_bytes())?;
    says(a, &mut two, &mut [&mut one])
}

fn a_slow_client_within_the_limit_loses_nothing(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut speaks, mut hears] =
        clients(a, &server, ["client A", "client B"])?;
    let mut slow = slow_client(a, &server, "client C")?;
    // Twice: what has been sent is no longer kept.
    for _ in 0..2 {
        a.step("client C reads nothing for a while");
        // Short ones: bytes are counted, and not lines.
        let mut all = lines(a, WITHIN, 80);
        are_heard(a, &mut speaks, &mut hears, &all)?;
        // What the kernels have taken of it is not kept, so that much more
        // may be said.
        let taken = taken(&server, &slow).unwrap_or(0);
        let room = (taken + WITHIN).saturating_sub(all.len());
        let more = lines(a, room, 80);
        are_heard(a, &mut speaks, &mut hears, &more)?;
        all.extend(more);
        // Room for it and a new line come at the same moment.
        a.signals(&server.run, Signal::SIGSTOP)?;
        let (begin, rest) = all.split_at(taken / 2);
        a.hears(&mut slow, begin)?;
        let line = format!("{}\n", a.word());
        a.sends(&mut speaks, line.as_bytes())?;
        a.signals(&server.run, Signal::SIGCONT)?;
        a.hears(&mut hears, line.as_bytes())?;
        a.hears(&mut slow, rest)?;
        a.hears(&mut slow, line.as_bytes())?;
    }
    says(a, &mut slow, &mut [&mut hears, &mut speaks])
}

/// Of the bytes that the server has sent to a client, how many the kernels at
/// the two ends have and the client has not read. On Linux, and while the
/// server has the connection.
fn taken(server: &Server, client: &Peer) -> Option<usize> {
    /// The kernel may leave out a row of a table that changes meanwhile.
    const LOOKS: usize = 3;

    let [here, there] = [server.address, client.local()].map(in_the_table);
    (0..LOOKS).find_map(|_| {
        let table = fs::read_to_string("/proc/self/net/tcp").ok()?;
        // After the number of the row: this end, the other end, the state (01
        // has an open connection), and how many bytes wait to be acknowledged
        // and to be read.
        let queues = |this: &str, other: &str| {
            let row = format!(" {this} {other} 01 ");
            let after = &table[table.find(&row)? + row.len()..];
            let (to_send, to_read) = after.get(..17)?.split_once(':')?;
            let bytes = |hex| usize::from_str_radix(hex, 16).ok();
            Some((bytes(to_send)?, bytes(to_read)?))
        };
        Some(queues(&here, &there)?.0 + queues(&there, &here)?.1)
    })
}

/// An address as `/proc/net/tcp` has it.
fn in_the_table(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) => u32::from_ne_bytes(ip.octets()),
        IpAddr::V6(_) => 0,
    };
    format!("{ip:08X}:{:04X}", address.port())
}

fn a_client_that_does_not_read_is_cut_off_and_no_other(
    a: &mut Attempt,
) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut speaks, mut hears] =
        clients(a, &server, ["client A", "client B"])?;
    let mut deaf = slow_client(a, &server, "client C")?;
    a.step("client C reads nothing");
    // Until more must be kept than the limit allows, or, where nobody can see
    // what the kernels have taken, until it is more in any case.
    let mut said = 0;
    let seen = taken(&server, &deaf).is_some();
    loop {
        let enough = match taken(&server, &deaf) {
            Some(taken) => taken + BEYOND,
            // Cut off already.
            None if seen => break,
            None => MUCH,
        };
        if said > enough {
            break;
        }
        let more = (enough + 1 - said).min(60_000);
        let part = lines(a, more, 4_000);
        are_heard(a, &mut speaks, &mut hears, &part)?;
        said += part.len();
    }
    is_cut_off(a, &mut deaf, said)?;
    says(a, &mut hears, &mut [&mut speaks])?;
    says(a, &mut speaks, &mut [&mut hears])
}

fn it_sleeps_while_nothing_happens(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let [mut speaks, mut hears, leaves] =
        clients(a, &server, ["client A", "client B", "client C"])?;
    a.sleeps(&server.run)?;
    a.closes(leaves);
    let _slow = slow_client(a, &server, "client D")?;
    a.sleeps(&server.run)?;
    let all = lines(a, WITHIN, 2_000);
    are_heard(a, &mut speaks, &mut hears, &all)?;
    a.step("client D reads nothing");
    a.sleeps(&server.run)
}

fn hundreds_of_clients_hear_one_line(a: &mut Attempt) -> Result<()> {
    /// That many, and the grader's own descriptors.
    const COUNT: usize = 200;

    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // Unsigned here, signed on other systems.
    let wanted = 2 * COUNT as nix::libc::rlim_t;
    if most < wanted {
        return Err(Skip(format!("needs {wanted} descriptors")).into());
    }
    // The server inherits the limit.
    setrlimit(Resource::RLIMIT_NOFILE, now.max(wanted), most)?;
    let server = a.server(args(&[]))?;
    let mut crowd = Vec::new();
    for number in 1..=COUNT {
        let mut client = one_of_the_crowd(&server, number)?;
        reads(&mut client, number, b"welcome\n")?;
        crowd.push(client);
    }
    a.step(format_args!(
        "{COUNT} clients connect, and each hears \"welcome\""
    ));
    for _ in 0..2 {
        let speaker = a.random.usize(..COUNT);
        let line = format!("{}\n", a.word());
        if let Err(error) = crowd[speaker].write_all(line.as_bytes()) {
            let expected = format!("client {} can send", speaker + 1);
            return Err(Failure::new(expected, error));
        }
        a.step(format_args!("client {} sends {line:?}", speaker + 1));
        for (at, client) in crowd.iter_mut().enumerate() {
            if at != speaker {
                reads(client, at + 1, line.as_bytes())?;
            }
        }
        a.step(format_args!("all others hear {line:?}"));
    }
    Ok(())
}

/// A client without a step of its own in the story.
fn one_of_the_crowd(server: &Server, number: usize) -> Result<TcpStream> {
    let limit = Duration::from_millis(LIMIT.into());
    match TcpStream::connect_timeout(&server.address, limit) {
        Ok(client) => {
            client.set_read_timeout(Some(limit))?;
            Ok(client)
        }
        Err(error) => {
            let expected = format!("client {number} can connect");
            Err(Failure::new(expected, error))
        }
    }
}

fn reads(client: &mut TcpStream, number: usize, line: &[u8]) -> Result<()> {
    let mut heard = vec![0; line.len()];
    let got = match client.read_exact(&mut heard) {
        Ok(()) => quote(&heard),
        Err(error) => match error.kind() {
            ErrorKind::UnexpectedEof => "the end of the stream".to_owned(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                format!("nothing within {LIMIT} ms")
            }
            _ => error.to_string(),
        },
    };
    let expected = format!("client {number} hears {}", quote(line));
    expect(got == quote(line), expected, got)
}
