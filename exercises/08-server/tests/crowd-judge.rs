//! The graded checks of `crowd-judge`, for the learner's program and for the
//! reference: whichever this package has. The servers are played in here.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use testkit::grade::{
    self, Attempt, Check, Exercise, Run, args, expect, quote,
};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "crowd-judge",
    topic: "08-server",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "right_servers_are_called_right",
            why: "a right server may use threads or one loop, take its time \
                  up to 0.2 s, and send its answers in any pieces",
            run: right_servers_are_called_right,
        },
        Check {
            name: "nobody_listening_is_no_verdict",
            why: "where no connection comes about there is no server to \
                  judge, and the exit code is 2; where there is one, it is 0 \
                  or 1",
            run: nobody_listening_is_no_verdict,
        },
        Check {
            name: "a_server_that_does_not_reverse_is_caught",
            why: "the first promise is that the bytes of a line come back in \
                  reverse, so ask with a line on which that shows",
            run: a_server_that_does_not_reverse_is_caught,
        },
        Check {
            name: "a_server_of_one_client_at_a_time_is_caught",
            why: "a client that says nothing may keep nobody waiting; this \
                  shows only while it is connected, and first in the queue",
            run: a_server_of_one_client_at_a_time_is_caught,
        },
        Check {
            name: "a_server_that_takes_pieces_for_lines_is_caught",
            why: "a piece can hold a part of a line or many lines; send both, \
                  and give the server time to read a part alone",
            run: a_server_that_takes_pieces_for_lines_is_caught,
        },
        Check {
            name: "a_server_that_mixes_its_clients_is_caught",
            why: "the start of a line is kept for the client that sent it; \
                  this shows only when two clients are in the middle of one",
            run: a_server_that_mixes_its_clients_is_caught,
        },
        Check {
            name: "a_server_that_loses_all_at_a_reset_is_caught",
            why: "a reset ends one connection: the server has to be there \
                  afterwards, and so have the other connections",
            run: a_server_that_loses_all_at_a_reset_is_caught,
        },
        Check {
            name: "a_server_that_drops_answers_at_a_half_close_is_caught",
            why: "after a half-close the answers that are due still come; \
                  this shows only when some are",
            run: a_server_that_drops_answers_at_a_half_close_is_caught,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-crowd-judge")
        .or(option_env!("CARGO_BIN_EXE_sol-crowd-judge"));
    grade::main(&EXERCISE, program)
}

fn right_servers_are_called_right(a: &mut Attempt) -> Result<()> {
    let servers = [
        Played::threads()?,
        Played::one_loop(Ways::default())?,
        Played::one_loop(Ways {
            delay: Duration::from_millis(50),
            byte_wise: true,
            ..Ways::default()
        })?,
    ];
    let mut judges = Vec::new();
    for (server, how) in servers.iter().zip([
        "with a thread for each client",
        "of one loop",
        "that answers 50 ms late, byte by byte",
    ]) {
        let what = format!("a right server {how}");
        judges.push(starts(a, server, &what, PATIENCE)?);
    }
    for judge in judges {
        a.ends_with(&judge, 0)?;
    }
    Ok(())
}

fn nobody_listening_is_no_verdict(a: &mut Attempt) -> Result<()> {
    let closed = a.closed_address()?;
    let judge = a.start(args(&[&closed.address.to_string(), "1000"]))?;
    a.ends_with(&judge, 2)?;
    let right = Played::one_loop(Ways::default())?;
    let judge = starts(a, &right, "a right server", PATIENCE)?;
    a.ends_with(&judge, 0)?;
    Ok(())
}

fn a_server_that_does_not_reverse_is_caught(a: &mut Attempt) -> Result<()> {
    catches(
        a,
        Mistake::DoesNotReverse,
        "that sends each line back as it is",
    )
}

fn a_server_of_one_client_at_a_time_is_caught(a: &mut Attempt) -> Result<()> {
    let what = "that serves a client to its end before it takes the next one";
    catches(a, Mistake::OneAtATime, what)
}

fn a_server_that_takes_pieces_for_lines_is_caught(
    a: &mut Attempt,
) -> Result<()> {
    catches(
        a,
        Mistake::PieceIsLine,
        "that takes each piece for one line",
    )?;
    let what = "that answers the first line of a piece, and not the others";
    catches(a, Mistake::FirstLineOnly, what)
}

fn a_server_that_mixes_its_clients_is_caught(a: &mut Attempt) -> Result<()> {
    let what = "that keeps the starts of all clients' lines in one buffer";
    catches(a, Mistake::OneBuffer, what)
}

fn a_server_that_loses_all_at_a_reset_is_caught(a: &mut Attempt) -> Result<()> {
    catches(a, Mistake::EndsAtReset, "that ends when a client resets")?;
    let what = "that closes all its connections when a client resets";
    catches(a, Mistake::ClosesAllAtReset, what)
}

fn a_server_that_drops_answers_at_a_half_close_is_caught(
    a: &mut Attempt,
) -> Result<()> {
    let what = "that closes at the end of a stream, whatever answers are due";
    catches(a, Mistake::DropsAtHalfClose, what)
}

/// For right servers, in milliseconds: much, as this machine may be at work.
const PATIENCE: u32 = 4000;

/// Starts the program on a server, with that much patience, in milliseconds.
fn starts(
    a: &mut Attempt,
    server: &Played,
    what: &str,
    patience: u32,
) -> Result<Run> {
    a.step(format_args!("{what} listens on {}", server.address));
    a.start(args(&[&server.address.to_string(), &patience.to_string()]))
}

/// Fails unless the program calls a server with this mistake wrong.
fn catches(a: &mut Attempt, mistake: Mistake, what: &str) -> Result<()> {
    // Where a half-close is to overtake the answers, they take their time.
    let (delay, patience) = match mistake {
        Mistake::DropsAtHalfClose => (100, 2000),
        _ => (0, 300),
    };
    let server = Played::one_loop(Ways {
        mistake: Some(mistake),
        delay: Duration::from_millis(delay),
        ..Ways::default()
    })?;
    let what = format!("a server {what}");
    let judge = starts(a, &server, &what, patience)?;
    let right = Played::one_loop(Ways::default())?;
    let beside = starts(a, &right, "a right server", PATIENCE)?;
    let ended = a.ends_with(&judge, 1)?;
    let lines = ended.stdout.lines().filter(|line| !line.trim().is_empty());
    expect(
        lines.count() == 1,
        "one line on standard output that says why",
        quote(&ended.bytes),
    )?;
    // Whoever calls everybody wrong has caught nobody.
    a.step("and the right server?");
    a.ends_with(&beside, 0)?;
    Ok(())
}

/// What a played server does otherwise than a right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    DoesNotReverse,
    OneAtATime,
    PieceIsLine,
    FirstLineOnly,
    OneBuffer,
    EndsAtReset,
    ClosesAllAtReset,
    DropsAtHalfClose,
}

/// How a played server goes about it.
#[derive(Debug, Clone, Copy, Default)]
struct Ways {
    mistake: Option<Mistake>,
    /// How long each answer takes.
    delay: Duration,
    /// Each byte of an answer goes out by itself.
    byte_wise: bool,
}

/// A server in threads of this process; it ends with this value.
struct Played {
    address: SocketAddr,
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Played {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Played {
    fn one_loop(ways: Ways) -> Result<Played> {
        Played::start(move |listener, stop| {
            let mut crowd = Crowd {
                ways,
                clients: Vec::new(),
                shared: Vec::new(),
            };
            while crowd.round(&listener, &stop).is_some() {}
        })
    }

    /// A thread for each client; all calls wait.
    fn threads() -> Result<Played> {
        Played::start(|listener, stop| {
            let mut clients: Vec<(TcpStream, JoinHandle<()>)> = Vec::new();
            while let Some(came) = next_client(&listener, &stop) {
                let Ok(own) = came.try_clone() else { continue };
                let thread = thread::spawn(move || {
                    let _ = serve(&came);
                    // The clone would keep the connection open.
                    let _ = came.shutdown(Shutdown::Both);
                });
                clients.push((own, thread));
            }
            for (client, thread) in clients {
                let _ = client.shutdown(Shutdown::Both);
                let _ = thread.join();
            }
        })
    }

    fn start(
        server: impl FnOnce(TcpListener, UnixStream) + Send + 'static,
    ) -> Result<Played> {
        let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, other) = UnixStream::pair().context("socketpair")?;
        Ok(Played {
            address,
            stop: Some(stop),
            thread: Some(thread::spawn(move || server(listener, other))),
        })
    }
}

/// Waits for a client; none when it is time to end.
fn next_client(listener: &TcpListener, stop: &UnixStream) -> Option<TcpStream> {
    loop {
        let mut fds = [
            PollFd::new(listener.as_fd(), PollFlags::POLLIN),
            PollFd::new(stop.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut fds, PollTimeout::NONE) {
            Ok(_) if fds[1].any() == Some(true) => return None,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return None,
        }
        if let Ok((client, _)) = listener.accept() {
            client.set_nonblocking(false).ok()?;
            return Some(client);
        }
    }
}

fn serve(client: &TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    let mut writer = client;
    loop {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return Ok(());
        }
        writer.write_all(&reversed(&line))?;
    }
}

/// The server of one loop.
struct Crowd {
    ways: Ways,
    clients: Vec<Client>,
    /// The one buffer of a server that has one.
    shared: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    /// What has come in this round.
    piece: Vec<u8>,
    /// The start of a line.
    heard: Vec<u8>,
    answers: VecDeque<Answer>,
    over: bool,
    gone: bool,
}

struct Answer {
    /// Not to be sent before.
    due: Instant,
    bytes: Vec<u8>,
    begun: bool,
}

impl Crowd {
    fn makes(&self, mistake: Mistake) -> bool {
        self.ways.mistake == Some(mistake)
    }

    /// Waits, takes in what has come from all, and only then answers: so an
    /// answer to one client says that the bytes which another had sent before
    /// have been read. None at the end.
    fn round(
        &mut self,
        listener: &TcpListener,
        stop: &UnixStream,
    ) -> Option<()> {
        self.wait(listener, stop)?;
        // A reset that came before a new client does its damage before.
        self.take_in()?;
        let may_come = !self.makes(Mistake::OneAtATime);
        while may_come || self.clients.is_empty() {
            let Ok((stream, _)) = listener.accept() else {
                break;
            };
            stream.set_nonblocking(true).ok()?;
            // It fails where the client has reset, on some systems.
            let _ = stream.set_nodelay(true);
            self.clients.push(Client {
                stream,
                piece: Vec::new(),
                heard: Vec::new(),
                answers: VecDeque::new(),
                over: false,
                gone: false,
            });
        }
        self.take_in()?;
        self.find_lines();
        let drops = self.makes(Mistake::DropsAtHalfClose);
        let byte_wise = self.ways.byte_wise;
        self.clients.retain_mut(|client| {
            if drops && client.over {
                client.answers.clear();
            }
            client.send_what_is_due(byte_wise);
            let done = client.over && client.answers.is_empty();
            !client.gone && !done
        });
        Some(())
    }

    /// Takes in what has come from all. None at the end.
    fn take_in(&mut self) -> Option<()> {
        self.clients.iter_mut().for_each(Client::take_in);
        if self.clients.iter().any(|client| client.gone) {
            if self.makes(Mistake::EndsAtReset) {
                return None;
            }
            if self.makes(Mistake::ClosesAllAtReset) {
                self.clients.clear();
            }
        }
        Some(())
    }

    fn wait(&self, listener: &TcpListener, stop: &UnixStream) -> Option<()> {
        let dues = self.clients.iter().flat_map(|client| &client.answers);
        let limit = dues.map(|answer| answer.due).min().map(|due| {
            let left = due.saturating_duration_since(Instant::now());
            left + Duration::from_micros(999)
        });
        let limit = match limit {
            Some(limit) => PollTimeout::try_from(limit).ok()?,
            None => PollTimeout::NONE,
        };
        let come =
            if self.makes(Mistake::OneAtATime) && !self.clients.is_empty() {
                PollFlags::empty()
            } else {
                PollFlags::POLLIN
            };
        let mut fds = vec![
            PollFd::new(stop.as_fd(), PollFlags::POLLIN),
            PollFd::new(listener.as_fd(), come),
        ];
        // One at the end of its stream is told of no more, and would be
        // told of for ever; how it goes on is a matter of time.
        let open = self.clients.iter().filter(|client| !client.over);
        fds.extend(open.map(|client| {
            PollFd::new(client.stream.as_fd(), PollFlags::POLLIN)
        }));
        match poll(&mut fds, limit) {
            Ok(_) if fds[0].any() == Some(true) => None,
            Ok(_) | Err(Errno::EINTR) => Some(()),
            Err(_) => None,
        }
    }

    fn find_lines(&mut self) {
        // Half a line was sent before a line that came in the same round: an
        // answer to that one would else tell of a read that was not.
        let half = |client: &Client| !client.piece.contains(&b'\n');
        let (first, then): (Vec<usize>, Vec<usize>) =
            (0..self.clients.len()).partition(|at| half(&self.clients[*at]));
        for at in first.into_iter().chain(then) {
            let client = &mut self.clients[at];
            let piece = mem::take(&mut client.piece);
            if piece.is_empty() {
                continue;
            }
            let due = Instant::now() + self.ways.delay;
            let mut answers = Vec::new();
            match self.ways.mistake {
                Some(Mistake::PieceIsLine) => {
                    let line = piece.strip_suffix(b"\n").unwrap_or(&piece);
                    answers.push(reversed(line));
                }
                Some(Mistake::OneBuffer) => {
                    lines(&mut self.shared, &piece, &mut answers);
                }
                _ => lines(&mut client.heard, &piece, &mut answers),
            }
            match self.ways.mistake {
                Some(Mistake::FirstLineOnly) => answers.truncate(1),
                Some(Mistake::DoesNotReverse) => {
                    for answer in &mut answers {
                        let end = answer.len() - 1;
                        answer[..end].reverse();
                    }
                }
                _ => {}
            }
            client
                .answers
                .extend(answers.into_iter().map(|bytes| Answer {
                    due,
                    bytes,
                    begun: false,
                }));
        }
    }
}

/// Takes a piece in, and adds the answers to the lines that are whole now.
fn lines(heard: &mut Vec<u8>, piece: &[u8], answers: &mut Vec<Vec<u8>>) {
    for &byte in piece {
        if byte == b'\n' {
            answers.push(reversed(heard));
            heard.clear();
        } else {
            heard.push(byte);
        }
    }
}

impl Client {
    fn take_in(&mut self) {
        let mut buffer = [0; 65_536];
        while !self.over && !self.gone {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.over = true,
                Ok(count) => self.piece.extend(&buffer[..count]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.gone = true,
            }
        }
    }

    fn send_what_is_due(&mut self, byte_wise: bool) {
        let now = Instant::now();
        while let Some(answer) = self.answers.front_mut() {
            if answer.due > now {
                return;
            }
            let end = if byte_wise { 1 } else { answer.bytes.len() };
            match self.stream.write(&answer.bytes[..end]) {
                Ok(count) => drop(answer.bytes.drain(..count)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    // A judge that does not read: again in a moment.
                    answer.due = now + Duration::from_millis(5);
                    return;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.gone = true;
                    return;
                }
            }
            if answer.bytes.is_empty() {
                self.answers.pop_front();
            } else if byte_wise && !answer.begun {
                // So that no recv gets all of it by chance.
                answer.begun = true;
                answer.due = now + Duration::from_millis(5);
                return;
            }
        }
    }
}

fn reversed(line: &[u8]) -> Vec<u8> {
    line.iter().rev().chain(b"\n").copied().collect()
}
