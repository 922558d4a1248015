//! The graded checks of `crowd`, for the learner's program and for the
//! reference: whichever this package has.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;
use nix::sys::socket::{MsgFlags, send, setsockopt, sockopt};
use testkit::Skip;
use testkit::grade::{
    self, Attempt, Check, Exercise, Failure, Peer, Run, Server, args, expect,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "crowd",
    topic: "08-server",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "each_line_comes_back_reversed",
            why: "a line is all bytes up to its newline, whatever they are, \
                  and its answer is the same bytes, the last one first",
            run: each_line_comes_back_reversed,
        },
        Check {
            name: "every_line_of_a_piece_is_answered_in_order",
            why: "one recv can give you many lines, and each has its own \
                  answer, in their order",
            run: every_line_of_a_piece_is_answered_in_order,
        },
        Check {
            name: "half_a_line_blocks_nobody_and_is_kept",
            why: "readable means that a recv does not wait, not that a line \
                  is there; keep what came with the client that sent it",
            run: half_a_line_blocks_nobody_and_is_kept,
        },
        Check {
            name: "a_line_may_have_4096_bytes",
            why: "the task allows that many before the newline, so what is \
                  kept for a client has to grow with its line",
            run: a_line_may_have_4096_bytes,
        },
        Check {
            name: "a_reset_ends_one_client_and_nobody_else",
            why: "a failed recv speaks of one connection; the listening \
                  socket and the other clients are as good as before",
            run: a_reset_ends_one_client_and_nobody_else,
        },
        Check {
            name: "after_its_last_line_a_client_hears_the_end",
            why: "at the end of its stream a client gets the answers that are \
                  due, none for what has no newline, and then the end",
            run: after_its_last_line_a_client_hears_the_end,
        },
        Check {
            name: "it_sleeps_while_nothing_happens",
            why: "select waits for you; a descriptor in a set that is ready \
                  all the time keeps it from doing so",
            run: it_sleeps_while_nothing_happens,
        },
        Check {
            name: "a_client_that_reads_nothing_blocks_nobody",
            why: "when a client does not read, its answers have no room: \
                  nobody else may wait for that, and you may not take in \
                  more and more of its lines",
            run: a_client_that_reads_nothing_blocks_nobody,
        },
        Check {
            name: "answers_that_wait_still_come_after_a_half_close",
            why: "the end of a client's stream says that no more lines come; \
                  the client may still read every answer",
            run: answers_that_wait_still_come_after_a_half_close,
        },
        Check {
            name: "no_descriptor_is_leaked",
            why: "however a client leaves, its descriptor has to be closed, \
                  or the numbers run out",
            run: no_descriptor_is_leaked,
        },
        Check {
            name: "with_no_descriptor_left_clients_wait_their_turn",
            why: "a client that finds no descriptor stays in the queue until \
                  another one leaves; the server goes on, and does not spin",
            run: with_no_descriptor_left_clients_wait_their_turn,
        },
        Check {
            name: "a_thousand_clients_are_served_and_more_end_nobody",
            why: "the task says 1,000 clients at once; a set holds no number \
                  from 1,024 on, and such a client may not end the others",
            run: a_thousand_clients_are_served_and_more_end_nobody,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-crowd")
        .or(option_env!("CARGO_BIN_EXE_sol-crowd"));
    grade::main(&EXERCISE, program)
}

fn each_line_comes_back_reversed(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    let mut client = a.connects("client A", address)?;
    asks(a, &mut client)?;
    // A NUL ends no line, and neither does a carriage return, even before
    // the newline; half of these bytes are no text in UTF-8.
    let mut bytes = a.bytes(40);
    bytes.retain(|byte| *byte != b'\n');
    let mut odd = b"no\0end\xff\xfe".to_vec();
    odd.extend(&bytes);
    odd.push(b'\r');
    for line in [odd, Vec::new(), b"\r".to_vec()] {
        a.sends(&mut client, &with_newline(&line))?;
        a.hears(&mut client, &reversed(&line))?;
    }
    asks(a, &mut client)
}

fn every_line_of_a_piece_is_answered_in_order(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    let mut client = a.connects("client A", address)?;
    let count = a.random.usize(3..=6);
    let lines: Vec<String> = (0..count).map(|_| line(a)).collect();
    let piece: Vec<u8> = lines
        .iter()
        .flat_map(|l| with_newline(l.as_bytes()))
        .collect();
    let answers: Vec<u8> =
        lines.iter().flat_map(|l| reversed(l.as_bytes())).collect();
    a.sends(&mut client, &piece)?;
    a.hears(&mut client, &answers)?;
    asks(a, &mut client)
}

fn half_a_line_blocks_nobody_and_is_kept(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    // Silent for ever.
    let _first = a.connects("client A", address)?;
    let mut b = a.connects("client B", address)?;
    let mut c = a.connects("client C", address)?;
    let mut other = a.connects("client D", address)?;
    let (one, two, next) = (line(a), line(a), line(a));
    let (one_a, one_b) = one.as_bytes().split_at(2);
    let (two_a, two_b) = two.as_bytes().split_at(3);
    let (next_a, next_b) = next.as_bytes().split_at(1);
    // After each piece, an answer to another client says that the server has
    // had its chance to read the piece alone.
    a.sends(&mut b, one_a)?;
    asks(a, &mut other)?;
    a.sends(&mut c, two_a)?;
    asks(a, &mut other)?;
    a.sends(&mut b, &one_b[..2])?;
    asks(a, &mut other)?;
    a.sends(&mut c, &with_newline(two_b))?;
    a.hears(&mut c, &reversed(two.as_bytes()))?;
    let rest = [&with_newline(&one_b[2..]), next_a].concat();
    a.sends(&mut b, &rest)?;
    a.hears(&mut b, &reversed(one.as_bytes()))?;
    asks(a, &mut other)?;
    a.sends(&mut b, &with_newline(next_b))?;
    a.hears(&mut b, &reversed(next.as_bytes()))
}

fn a_line_may_have_4096_bytes(a: &mut Attempt) -> Result<()> {
    const LONGEST: usize = 4_096;

    let address = a.server(args(&[]))?.address;
    let mut client = a.connects("client A", address)?;
    let line = a.text(LONGEST);
    a.sends(&mut client, &with_newline(&line))?;
    a.hears(&mut client, &reversed(&line))?;
    asks(a, &mut client)
}

fn a_reset_ends_one_client_and_nobody_else(a: &mut Attempt) -> Result<()> {
    let Server { run, address } = a.server(args(&[]))?;
    let mut first = a.connects("client A", address)?;
    let mut second = a.connects("client B", address)?;
    asks(a, &mut first)?;
    asks(a, &mut second)?;
    a.resets(second)?;
    asks(a, &mut first)?;
    // Gone before the server has met it.
    a.signals(&run, Signal::SIGSTOP)?;
    let third = a.connects("client C", address)?;
    a.resets(third)?;
    a.signals(&run, Signal::SIGCONT)?;
    asks(a, &mut first)?;
    let mut last = a.connects("client D", address)?;
    asks(a, &mut last)
}

fn after_its_last_line_a_client_hears_the_end(a: &mut Attempt) -> Result<()> {
    let address = a.server(args(&[]))?.address;
    let mut first = a.connects("client A", address)?;
    asks(a, &mut first)?;

    let mut client = a.connects("client B", address)?;
    let (whole, half) = (line(a), a.word());
    a.sends(&mut client, format!("{whole}\n{half}").as_bytes())?;
    a.half_closes(&mut client)?;
    a.hears(&mut client, &reversed(whole.as_bytes()))?;
    a.hears_the_end(&mut client)?;

    let mut client = a.connects("client C", address)?;
    asks(a, &mut client)?;
    a.half_closes(&mut client)?;
    a.hears_the_end(&mut client)?;

    let mut client = a.connects("client D", address)?;
    a.half_closes(&mut client)?;
    a.hears_the_end(&mut client)?;
    asks(a, &mut first)
}

fn it_sleeps_while_nothing_happens(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let _silent = a.connects("client A", server.address)?;
    let mut half = a.connects("client B", server.address)?;
    let mut other = a.connects("client C", server.address)?;
    let half_a_line = a.word();
    a.sends(&mut half, half_a_line.as_bytes())?;
    asks(a, &mut other)?;
    a.sleeps(&server.run)
}

fn a_client_that_reads_nothing_blocks_nobody(a: &mut Attempt) -> Result<()> {
    let server = a.server(args(&[]))?;
    let mut deaf = a.connects_tuned("client A", server.address, 2048)?;
    let mut other = a.connects("client B", server.address)?;
    asks(a, &mut other)?;
    floods(a, &server.run, &mut deaf)?;
    asks(a, &mut other)?;
    asks(a, &mut other)?;
    let mut late = a.connects("client C", server.address)?;
    asks(a, &mut late)?;
    // Now a send fails, and not a recv.
    a.resets(deaf)?;
    asks(a, &mut other)?;
    let mut last = a.connects("client D", server.address)?;
    asks(a, &mut last)
}

fn answers_that_wait_still_come_after_a_half_close(
    a: &mut Attempt,
) -> Result<()> {
    let Server { run, address } = a.server(args(&[]))?;
    let mut slow = a.connects_tuned("client A", address, 2048)?;
    let mut other = a.connects("client B", address)?;
    asks(a, &mut other)?;
    asks(a, &mut slow)?;
    let line = flood_line(a);
    // The program finds it all at once, and its kernel has no room for all
    // of the answers.
    a.signals(&run, Signal::SIGSTOP)?;
    a.sends(&mut slow, &with_newline(line.as_bytes()).repeat(LINES))?;
    a.half_closes(&mut slow)?;
    a.signals(&run, Signal::SIGCONT)?;
    asks(a, &mut other)?;
    // The end of the stream is there now, and stays.
    settles(a, &run, &slow)?;
    a.step(format_args!(
        "client A begins to read: {LINES} answers are due"
    ));
    // It fails where the program has reset the connection, on some systems.
    let _ = setsockopt(&slow.fd(), sockopt::RcvBuf, &(1 << 20));
    a.hears(&mut slow, &reversed(line.as_bytes()).repeat(LINES))?;
    a.hears_the_end(&mut slow)?;
    asks(a, &mut other)
}

fn no_descriptor_is_leaked(a: &mut Attempt) -> Result<()> {
    const DESCRIPTORS: u64 = 20;
    const CLIENTS: usize = 90;

    let address = a.server(args(&[]).descriptors(DESCRIPTORS))?.address;
    a.step(format_args!(
        "{CLIENTS} clients come one after another, ask, and leave: by a \
         half-close, a close, a reset"
    ));
    for number in 1..=CLIENTS {
        let name = format!("client {number} of {CLIENTS}");
        let mut client = Quiet::connects(&name, address)?;
        client.asks(a)?;
        match number % 3 {
            0 => client.half_closes_and_hears_the_end()?,
            1 => drop(client),
            _ => client.resets()?,
        }
    }
    let mut last = a.connects("one more client", address)?;
    asks(a, &mut last)
}

fn with_no_descriptor_left_clients_wait_their_turn(
    a: &mut Attempt,
) -> Result<()> {
    const DESCRIPTORS: u64 = 12;
    const CLIENTS: usize = 20;

    let server = a.server(args(&[]).descriptors(DESCRIPTORS))?;
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let name = format!("client {number} of {CLIENTS}");
        let mut client = Quiet::connects(&name, server.address)?;
        client.sends_a_line(a)?;
        clients.push(client);
    }
    a.step(format_args!("{CLIENTS} clients connect, each sends a line"));
    clients[0].hears_its_answer()?;
    a.step("client 1 hears its answer");
    a.runs_still(&server.run)?;
    a.sleeps(&server.run)?;
    clients[0].asks(a)?;
    a.step("client 1 sends another line and hears its answer");
    // Whoever leaves makes room for whoever comes next in the queue.
    for (at, client) in clients.into_iter().enumerate() {
        let mut client = client;
        if at > 0 {
            client.hears_its_answer()?;
            let number = at + 1;
            a.step(format_args!("client {number} hears its answer"));
        }
        drop(client);
        a.step(format_args!("client {} closes", at + 1));
    }
    a.runs_still(&server.run)?;
    a.sleeps(&server.run)
}

fn a_thousand_clients_are_served_and_more_end_nobody(
    a: &mut Attempt,
) -> Result<()> {
    const DESCRIPTORS: u64 = 2_500;
    const CLIENTS: usize = 1_000;
    const MORE: usize = 30;
    /// Few enough for the accept queue of anybody who calls `listen`.
    const AT_ONCE: usize = 50;

    may_open(DESCRIPTORS)?;
    let address = a.server(args(&[]).descriptors(DESCRIPTORS))?.address;
    let mut clients = Vec::new();
    for number in 1..=CLIENTS {
        let name = format!("client {number} of {CLIENTS}");
        let mut client = Quiet::connects(&name, address)?;
        if number % AT_ONCE == 0 {
            client.asks(a)?;
        }
        clients.push(client);
    }
    a.step(format_args!("{CLIENTS} clients connect, and stay"));
    for _ in 0..10 {
        let at = a.random.usize(..CLIENTS);
        clients[at].asks(a)?;
        let name = &clients[at].name;
        a.step(format_args!("{name} sends a line and hears its answer"));
    }
    // Served, closed, or left in the queue: the task leaves that open.
    let mut more = Vec::new();
    for number in 1..=MORE {
        let name = format!("client {}", CLIENTS + number);
        let mut client = Quiet::connects(&name, address)?;
        let _ = client.sends_a_line(a);
        more.push(client);
    }
    a.step(format_args!(
        "{MORE} more clients connect, each sends a line"
    ));
    // Each answer takes a round, and in a round the listening socket has its
    // turn.
    for _ in 0..=MORE {
        clients[0].asks(a)?;
    }
    a.step("client 1 sends lines and hears their answers");
    drop(clients.split_off(CLIENTS / 2));
    a.step("half of the first clients close");
    for client in &mut more {
        client.hears_its_answer_or_an_end()?;
    }
    a.step(format_args!(
        "each of the {MORE} more has heard its answer, or an end"
    ));
    clients[0].asks(a)?;
    let mut last = a.connects("one more client", address)?;
    asks(a, &mut last)
}

/// Some text that is another one when it is reversed.
fn line(a: &mut Attempt) -> String {
    format!("{}{}", a.word(), a.random.usize(..10))
}

fn with_newline(line: &[u8]) -> Vec<u8> {
    [line, b"\n"].concat()
}

fn reversed(line: &[u8]) -> Vec<u8> {
    line.iter().rev().chain(b"\n").copied().collect()
}

/// Sends a line and hears its answer.
fn asks(a: &mut Attempt, client: &mut Peer) -> Result<()> {
    let line = line(a);
    a.sends(client, &with_newline(line.as_bytes()))?;
    a.hears(client, &reversed(line.as_bytes()))
}

/// As many lines of [`flood_line`] as come in one go, 65,000 bytes: their
/// answers are more than the kernels take when the client reads nothing.
const LINES: usize = 5000;

/// A line that makes 13 bytes with its newline, so that buffers of a round
/// size end within one.
fn flood_line(a: &mut Attempt) -> String {
    format!("{:0<12}", line(a))
}

/// Sends the same line again and again, without reading, until the program
/// takes no more of it.
fn floods(a: &mut Attempt, run: &Run, peer: &mut Peer) -> Result<()> {
    /// What a program may take of a client that reads nothing, in bytes: what
    /// the task lets it keep, and much more than the kernels hold.
    const MOST: usize = if cfg!(target_os = "linux") { 4 } else { 16 } << 20;
    /// Looks without a change, 2 ms apart, that say that it takes no more.
    const LOOKS: usize = if cfg!(target_os = "linux") { 15 } else { 125 };

    // What the kernels hold on the way there stays small.
    let _ = setsockopt(&peer.fd(), sockopt::SndBuf, &16_384);
    let line = flood_line(a);
    let piece = with_newline(line.as_bytes()).repeat(LINES);
    let name = peer.name().to_owned();
    let expected = format!("the program stops reading from {name}");
    a.signals(run, Signal::SIGSTOP)?;
    a.sends(peer, &piece)?;
    a.signals(run, Signal::SIGCONT)?;
    a.step(format_args!(
        "{name} goes on sending that line, and reads nothing"
    ));
    let (mut sent, mut same) = (piece.len(), 0);
    while sent <= MOST {
        let flags = MsgFlags::MSG_DONTWAIT | sys::MSG_NOSIGNAL;
        let rest = &piece[sent % piece.len()..];
        match send(peer.fd().as_raw_fd(), rest, flags) {
            Ok(count) => (sent, same) = (sent + count, 0),
            Err(Errno::EINTR) => {}
            Err(Errno::EWOULDBLOCK) if same < LOOKS => {
                same += 1;
                let _ = poll(&mut [], PollTimeout::from(2_u8));
            }
            // The last look is at a program that sleeps.
            Err(Errno::EWOULDBLOCK) if same == LOOKS => {
                settles(a, run, peer)?;
                same += 1;
            }
            Err(Errno::EWOULDBLOCK) => {
                a.step("the program has taken all that it will");
                return Ok(());
            }
            Err(errno) => {
                return Err(Failure::new(
                    format_args!("{expected}, and keeps the connection"),
                    format_args!("{errno} after {sent} bytes"),
                ));
            }
        }
    }
    Err(Failure::new(
        expected,
        format_args!("it has taken {sent} bytes, and can't send as many"),
    ))
}

/// Waits until the program sleeps; one that still reads from `peer`, byte by
/// byte perhaps, may take its time.
fn settles(a: &mut Attempt, run: &Run, peer: &Peer) -> Result<()> {
    loop {
        let before = unread(peer);
        match a.sleeps(run) {
            Err(_) if unread(peer) != before => {}
            done => return done,
        }
    }
}

/// How many bytes of `peer` the program has not read, on Linux.
fn unread(peer: &Peer) -> Option<usize> {
    let [from, to] = [peer.local(), peer.remote()]
        .map(|address| format!(":{:04X}", address.port()));
    let table = std::fs::read_to_string("/proc/net/tcp").ok()?;
    table.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let found =
            words.next()?.ends_with(&to) && words.next()?.ends_with(&from);
        let (_, unread) = words.nth(1)?.split_once(':')?;
        found.then(|| usize::from_str_radix(unread, 16).ok())?
    })
}

/// This process and the program need that many descriptors.
fn may_open(count: u64) -> Result<()> {
    // Unsigned here, signed on other systems.
    let count = count as nix::libc::rlim_t;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if hard < count {
        let needs = format!("needs {count} descriptors; {hard} are allowed");
        return Err(Skip(needs).into());
    }
    if soft < count {
        setrlimit(Resource::RLIMIT_NOFILE, count, hard).context("setrlimit")?;
    }
    Ok(())
}

/// One client of many: its steps are not told one by one.
struct Quiet {
    name: String,
    stream: TcpStream,
    due: Vec<u8>,
}

impl Quiet {
    /// As long as testkit waits.
    const PATIENCE: Duration = Duration::from_secs(5);

    fn connects(name: &str, address: SocketAddr) -> Result<Quiet> {
        let stream = TcpStream::connect_timeout(&address, Quiet::PATIENCE)
            .map_err(|error| {
                Failure::new(format_args!("{name} can connect"), error)
            })?;
        // They fail where the program has reset the connection, on some
        // systems; then no read waits either.
        let _ = stream.set_nodelay(true);
        let _ = stream.set_read_timeout(Some(Quiet::PATIENCE));
        let _ = stream.set_write_timeout(Some(Quiet::PATIENCE));
        Ok(Quiet {
            name: name.to_owned(),
            stream,
            due: Vec::new(),
        })
    }

    fn sends_a_line(&mut self, a: &mut Attempt) -> Result<()> {
        let line = line(a);
        self.due = reversed(line.as_bytes());
        let sent = self.stream.write_all(&with_newline(line.as_bytes()));
        sent.map_err(|error| {
            Failure::new(format_args!("{} sends {line:?}", self.name), error)
        })
    }

    fn hears_its_answer(&mut self) -> Result<()> {
        let mut heard = vec![0; self.due.len()];
        let due = grade::quote(&self.due);
        let expected = format!("{} hears {due}", self.name);
        match self.stream.read_exact(&mut heard) {
            Ok(()) => {
                let ok = heard == self.due;
                expect(ok, expected, grade::quote(&heard))
            }
            Err(error) => Err(Failure::new(expected, why(&error))),
        }
    }

    fn hears_its_answer_or_an_end(&mut self) -> Result<()> {
        let mut heard = vec![0; self.due.len()];
        match self.stream.read(&mut heard[..1]) {
            // Closed, with its line unread or before it came.
            Ok(0) => Ok(()),
            Err(e) if e.kind() == ErrorKind::ConnectionReset => Ok(()),
            Ok(_) => {
                let rest = std::mem::take(&mut self.due);
                expect(heard[0] == rest[0], "an answer", "another byte")?;
                self.due = rest[1..].to_vec();
                self.hears_its_answer()
            }
            Err(error) => Err(Failure::new(
                format_args!("{} hears its answer, or an end", self.name),
                why(&error),
            )),
        }
    }

    fn asks(&mut self, a: &mut Attempt) -> Result<()> {
        self.sends_a_line(a)?;
        self.hears_its_answer()
    }

    fn half_closes_and_hears_the_end(mut self) -> Result<()> {
        // Where the program has reset the connection, the read tells.
        let _ = self.stream.shutdown(Shutdown::Write);
        let mut rest = Vec::new();
        let expected = format!("{} hears the end of the stream", self.name);
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => expect(rest.is_empty(), expected, grade::quote(&rest)),
            Err(error) => Err(Failure::new(expected, why(&error))),
        }
    }

    fn resets(self) -> Result<()> {
        let at_once = nix::libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        let _ = setsockopt(&self.stream, sockopt::Linger, &at_once);
        Ok(())
    }
}

/// What a failed read says.
fn why(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            format!("nothing within {:?}", Quiet::PATIENCE)
        }
        ErrorKind::UnexpectedEof => "the end of the stream".to_owned(),
        _ => error.to_string(),
    }
}
