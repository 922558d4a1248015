//! The graded checks of `open-port`, for the learner's program and for the
//! reference: whichever this package has.

use std::fs;
use std::io::{ErrorKind, Write, pipe};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, SockaddrStorage, connect, socket,
};
use testkit::grade::{self, Attempt, Check, Exercise, args, expect};
use testkit::{DEADLINE, Skip};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "open-port",
    topic: "02-listen",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "it_listens_on_127_0_0_1_and_nowhere_else",
            why: "the task names one address; the wildcard would be all \
                  addresses of the machine",
            run: it_listens_on_127_0_0_1_and_nowhere_else,
        },
        Check {
            name: "as_many_wait_as_the_backlog_says",
            why: "the backlog is the number that was given, and Linux lets \
                  one more than that wait",
            run: as_many_wait_as_the_backlog_says,
        },
        Check {
            name: "each_line_takes_the_next_client",
            why: "one line takes one client out of the queue, the oldest, \
                  and closes its connection; the others wait, and the \
                  backlog does not count the ones that were taken",
            run: each_line_takes_the_next_client,
        },
        Check {
            name: "the_next_run_gets_the_port_at_once",
            why: "the server closed its client first, so the connection \
                  still has the port; both runs must have set SO_REUSEADDR \
                  before bind",
            run: the_next_run_gets_the_port_at_once,
        },
        Check {
            name: "a_port_where_somebody_listens_is_not_shared",
            why: "two servers on one port would share its clients; the \
                  second one has to say that it failed",
            run: a_port_where_somebody_listens_is_not_shared,
        },
        Check {
            name: "it_sleeps_until_its_input_ends",
            why: "the server sleeps until a line comes, and then, if nobody \
                  waits, until a client does; it ends with its standard \
                  input, whoever waits in the queue",
            run: it_sleeps_until_its_input_ends,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-open-port")
        .or(option_env!("CARGO_BIN_EXE_sol-open-port"));
    grade::main(&EXERCISE, program)
}

fn it_listens_on_127_0_0_1_and_nowhere_else(a: &mut Attempt) -> Result<()> {
    let backlog = a.random.u8(2..=9).to_string();
    let server = a.server(args(&["0", &backlog]).piped())?;
    let address = server.address;
    expect(
        address.ip() == Ipv4Addr::LOCALHOST && address.port() != 0,
        "it prints 127.0.0.1 and its port",
        address,
    )?;
    a.connects("client A", address)?;
    if cfg!(target_os = "linux") {
        // All of 127.0.0.0/8 is this machine, so a socket at the wildcard
        // address would take this client in.
        let other = SocketAddr::from(([127, 0, 0, 2], address.port()));
        let refused = match TcpStream::connect_timeout(&other, DEADLINE) {
            Ok(_) => false,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => true,
            Err(error) => return Err(error).context("connect to 127.0.0.2"),
        };
        let expected = format!("a client that asks for {other} is refused");
        expect(refused, &expected, "it is connected")?;
        a.step(expected);
    }
    Ok(())
}

fn as_many_wait_as_the_backlog_says(a: &mut Attempt) -> Result<()> {
    if !cfg!(target_os = "linux") {
        let why = "needs Linux, which counts the requests that it drops";
        return Err(Skip(why.into()).into());
    }
    let backlog = a.random.u8(1..=4);
    let server = a.server(args(&["0", &backlog.to_string()]).piped())?;
    let mut clients = Vec::new();
    for number in 1..=u64::from(backlog) + 1 {
        let name = format!("client {number}");
        clients.push(a.connects(&name, server.address)?);
        // The client may hear of its connection before it is in the queue.
        a.waits_in_queue(server.address, number)?;
    }
    // What a program does when clients have come, it has done by now.
    a.sleeps(&server.run)?;
    a.waits_in_queue(server.address, u64::from(backlog) + 1)?;
    let dropped = overflows()?;
    let late = begins_to_connect(server.address)?;
    let expected = "the next client's request is dropped: the queue is full";
    let until = Instant::now() + DEADLINE;
    while overflows()? == dropped && Instant::now() < until {
        // Connected or dropped: one of them comes.
        expect(!is_connected(&late)?, expected, "it is connected")?;
    }
    expect(!is_connected(&late)?, expected, "it is connected")?;
    if overflows()? == dropped {
        bail!("a request was neither dropped nor answered in {DEADLINE:?}");
    }
    a.step(expected);
    Ok(())
}

/// How many requests this machine has dropped since a queue was full.
fn overflows() -> Result<u64> {
    let path = "/proc/net/netstat";
    let table = fs::read_to_string(path).context(path)?;
    let mut rows = table.lines().filter(|row| row.starts_with("TcpExt:"));
    let names = rows.next().context("names")?.split(' ');
    let numbers = rows.next().context("numbers")?.split(' ');
    let found = names
        .zip(numbers)
        .find(|(name, _)| *name == "ListenOverflows");
    Ok(found.context("no ListenOverflows")?.1.parse()?)
}

/// Asks for a connection and does not wait for the answer.
fn begins_to_connect(address: SocketAddr) -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let client =
        socket(family, kind, SockFlag::empty(), None).context("socket")?;
    fcntl(&client, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("fcntl")?;
    match connect(client.as_raw_fd(), &SockaddrStorage::from(address)) {
        Ok(()) | Err(Errno::EINPROGRESS) => Ok(client),
        Err(errno) => Err(errno).context("connect"),
    }
}

/// Whether the answer has come, within 2 ms.
fn is_connected(client: &OwnedFd) -> Result<bool> {
    let mut fds = [PollFd::new(client.as_fd(), PollFlags::POLLOUT)];
    let limit = u16::try_from(Duration::from_millis(2).as_millis())?;
    match poll(&mut fds, limit) {
        Err(Errno::EINTR) => Ok(false),
        count => Ok(count.context("poll")? == 1),
    }
}

fn each_line_takes_the_next_client(a: &mut Attempt) -> Result<()> {
    // As many as may wait at the same time, and fewer than come in all.
    let server = a.server(args(&["0", "2"]).piped())?;
    let mut oldest = a.connects("client A", server.address)?;
    a.waits_in_queue(server.address, 1)?;
    a.sleeps(&server.run)?;
    for name in ["client B", "client C", "client D", "client E"] {
        let mut next = a.connects(name, server.address)?;
        // Nobody has been taken without a line.
        a.waits_in_queue(server.address, 2)?;
        let line = format!("{}\n", a.word());
        let line = if name == "client B" { "\n" } else { &line };
        a.feeds(&server.run, line.as_bytes());
        a.hears_the_end(&mut oldest)?;
        a.has_heard_nothing(&mut next)?;
        oldest = next;
    }
    Ok(())
}

fn the_next_run_gets_the_port_at_once(a: &mut Attempt) -> Result<()> {
    let backlog = a.random.u8(2..=9).to_string();
    let first = a.server(args(&["0", &backlog]).piped())?;
    let port = first.address.port();
    let mut client = a.connects("client A", first.address)?;
    a.feeds(&first.run, b"\n");
    a.ends_the_input(&first.run);
    a.ends_with(&first.run, 0)?;
    // The server has closed first, the client closes last.
    a.hears_an_end(&mut client)?;
    a.closes(client);
    let launch = args(&[&port.to_string(), &backlog]).piped();
    let second = a.server(launch)?;
    let got = second.address.port();
    expect(got == port, format_args!("port {port}"), got)?;
    a.connects("client B", second.address)?;
    Ok(())
}

fn a_port_where_somebody_listens_is_not_shared(a: &mut Attempt) -> Result<()> {
    let backlog = a.random.u8(2..=9).to_string();
    let first = a.server(args(&["0", &backlog]).piped())?;
    let port = first.address.port().to_string();
    let second = a.start(args(&[&port, &backlog]).piped())?;
    let ended = a.ends_with(&second, 1)?;
    a.printed(&ended, b"")?;
    a.says_why(&ended)?;
    a.connects("client A", first.address)?;
    Ok(())
}

fn it_sleeps_until_its_input_ends(a: &mut Attempt) -> Result<()> {
    let backlog = a.random.u8(2..=9).to_string();
    let server = a.server(args(&["0", &backlog]).piped())?;
    a.sleeps(&server.run)?;
    let _client = a.connects("client A", server.address)?;
    a.waits_in_queue(server.address, 1)?;
    a.sleeps(&server.run)?;
    a.waits_in_queue(server.address, 1)?;
    a.ends_the_input(&server.run);
    a.ends_with(&server.run, 0)?;

    // A line that finds nobody is for the next one who comes. It is there
    // from the start, so that only a client can be missing.
    let (input, mut line) = pipe().context("pipe")?;
    line.write_all(b"who comes first\n")
        .context("fill the pipe")?;
    drop(line);
    let launch = args(&["0", "2"]).on_named(input, "one line and its end");
    let server = a.server(launch)?;
    a.sleeps(&server.run)?;
    let mut late = a.connects("client F", server.address)?;
    a.hears_the_end(&mut late)
}
