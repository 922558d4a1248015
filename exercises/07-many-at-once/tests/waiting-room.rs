//! The graded checks of `waiting-room`, for the learner's program and for the
//! reference: whichever this package has.

use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::socket::{MsgFlags, recv};
use testkit::grade::{
    self, Attempt, Check, Exercise, Launch, Peer, Run, Server, args, expect,
    quote,
};
use testkit::program::DEADLINE;

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "waiting-room",
    topic: "07-many-at-once",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "all_who_came_hear_how_many_they_are",
            why: "when the time is over, and not before, each client hears \
                  `N of you waited` and the end of its connection, and the \
                  program prints `N waited`",
            run: all_who_came_hear_how_many_they_are,
        },
        Check {
            name: "the_time_ends_though_nobody_comes",
            why: "no client is needed to end the time: then 0 have waited",
            run: the_time_ends_though_nobody_comes,
        },
        Check {
            name: "a_crowd_beyond_the_backlog_is_let_in",
            why: "the backlog limits who waits for `accept`, and not who is \
                  in the room: clients are accepted as they come, however \
                  many",
            run: a_crowd_beyond_the_backlog_is_let_in,
        },
        Check {
            name: "clients_that_keep_coming_do_not_prolong_the_time",
            why: "the time begins once, and not again with each client",
            run: clients_that_keep_coming_do_not_prolong_the_time,
        },
        Check {
            name: "who_is_in_the_queue_at_the_end_is_let_in",
            why: "clients are accepted as they come, and who came in time is \
                  let in also where the program has not \
                  got round to it before the time was over",
            run: who_is_in_the_queue_at_the_end_is_let_in,
        },
        Check {
            name: "a_client_that_has_left_harms_nobody",
            why: "a failure of one client's connection is that client's own",
            run: a_client_that_has_left_harms_nobody,
        },
        Check {
            name: "no_socket_is_left_open",
            why: "once it prints `N waited`, the program has no socket open",
            run: no_socket_is_left_open,
        },
        Check {
            name: "it_sleeps_until_the_time_is_over",
            why: "while nothing can be done the program sleeps: before a \
                  client comes, with clients in the room, and when no \
                  descriptor is left for those in the queue",
            run: it_sleeps_until_the_time_is_over,
        },
        Check {
            name: "a_full_room_waits_for_the_end_of_the_time",
            why: "where no descriptor is left, nobody else is let in; those \
                  in the room wait as before",
            run: a_full_room_waits_for_the_end_of_the_time,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-waiting-room")
        .or(option_env!("CARGO_BIN_EXE_sol-waiting-room"));
    grade::main(&EXERCISE, program)
}

/// A clock of the program's may count in whole milliseconds, and round.
const ROUNDING: Duration = Duration::from_millis(10);

/// Descriptors of a program whose room is soon full, and clients for it.
const FEW: u64 = 24;
const MANY: usize = 30;

/// A room whose clients have all come in time.
struct Room {
    run: Run,
    clients: Vec<Peer>,
    /// Those who came behind them, without a name.
    crowd: Vec<TcpStream>,
    limit: Duration,
    begun: Instant,
}

/// The usual time, in milliseconds.
const TIME: u64 = 200;

/// Starts the program for `time` ms and has clients come, then `more`. Where
/// that takes this machine longer than half the time, a longer time is tried.
fn room(
    a: &mut Attempt,
    (launch, time): (fn(Launch) -> Launch, u64),
    clients: usize,
    more: fn(&mut Attempt, &mut Room, &Server) -> Result<()>,
) -> Result<Room> {
    for limit in [time, 4 * time, 8 * time] {
        let begun = Instant::now();
        let start = launch(args(&[&limit.to_string()]).piped());
        let server = a.server(start)?;
        let mut room = Room {
            run: server.run.clone(),
            clients: Vec::new(),
            crowd: Vec::new(),
            limit: Duration::from_millis(limit),
            begun,
        };
        let done = come(a, &mut room, &server, clients)
            .and_then(|()| more(a, &mut room, &server));
        if begun.elapsed() < room.limit / 2 {
            return done.map(|()| room);
        }
        if limit > 4 * time {
            // What went wrong, if it was not the time.
            done?;
        }
        a.step(format_args!("that took too much of the {limit} ms; again"));
        a.stop(&server.run)?;
    }
    bail!("this machine is too busy to let {clients} clients come in time")
}

fn come(
    a: &mut Attempt,
    room: &mut Room,
    server: &Server,
    count: usize,
) -> Result<()> {
    for _ in 0..count {
        let name = format!("client {}", room.clients.len() + 1);
        room.clients.push(a.connects(&name, server.address)?);
    }
    Ok(())
}

fn plain(launch: Launch) -> Launch {
    launch
}

fn nothing_more(_: &mut Attempt, _: &mut Room, _: &Server) -> Result<()> {
    Ok(())
}

/// Fails where the time was not over yet: it is looked at from below only.
fn not_before(room: &Room) -> Result<()> {
    let (limit, took) = (room.limit, room.begun.elapsed());
    expect(
        took + ROUNDING >= limit,
        format_args!("the clients hear after {limit:?}, and not before"),
        format_args!("client 1 heard after {took:?}"),
    )
}

/// How many have waited, as the program prints it.
fn counted(a: &mut Attempt, run: &Run) -> Result<usize> {
    let line = a.line(run, 1)?;
    let count = line.strip_suffix(" waited").and_then(|n| n.parse().ok());
    expect(
        count.is_some(),
        "the program prints the line \"N waited\"",
        format_args!("{line:?}"),
    )?;
    a.step(format_args!("the program prints {line:?}"));
    Ok(count.unwrap_or_default())
}

/// One more client, without a step in the story. None where nobody listens
/// any more: it came too late, or the room is full and its door closed.
fn one_more(address: SocketAddr, number: usize) -> Result<Option<TcpStream>> {
    let error = match TcpStream::connect_timeout(&address, DEADLINE) {
        Ok(stream) => return Ok(Some(stream)),
        Err(error) => error,
    };
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::ECONNREFUSED | Errno::ECONNRESET) => Ok(None),
        // std's own error for a limit that is over has no number.
        None | Some(Errno::ETIMEDOUT) => {
            expect(
                false,
                format_args!(
                    "number {number} of them can connect to {address}"
                ),
                format_args!("no answer within {DEADLINE:?}"),
            )?;
            Ok(None)
        }
        Some(_) => Err(error).with_context(|| format!("connect to {address}")),
    }
}

/// Fails unless the first `count` of the crowd hear how many waited, and
/// nobody else does: connections are accepted in the order in which they came.
fn hear(a: &mut Attempt, crowd: &[TcpStream], count: usize) -> Result<()> {
    let (counted, others) = crowd.split_at(count);
    for stream in counted {
        stream.set_read_timeout(Some(DEADLINE))?;
        let mut told = String::new();
        let told = match BufReader::new(stream).read_line(&mut told) {
            Ok(_) => quote(told.as_bytes()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                format!("{} within {DEADLINE:?}", quote(told.as_bytes()))
            }
            Err(error) => error.to_string(),
        };
        let right = told.contains("waited\\n");
        expect(right, "each client that is counted hears how many", told)?;
    }
    a.step("each client that is counted hears how many");
    for stream in others {
        let mut buffer = [0; 80];
        let flags = MsgFlags::MSG_DONTWAIT;
        let told = recv(stream.as_raw_fd(), &mut buffer, flags).unwrap_or(0);
        let told = &buffer[..told];
        let right = told.is_empty();
        expect(
            right,
            "a client that is not counted hears nothing",
            quote(told),
        )?;
    }
    Ok(())
}

fn all_who_came_hear_how_many_they_are(a: &mut Attempt) -> Result<()> {
    let count = a.random.usize(3..=6);
    let mut room = room(a, (plain, TIME), count, nothing_more)?;
    a.hears_line(&mut room.clients[0], &format!("{count} of you waited"))?;
    not_before(&room)?;
    for client in &mut room.clients[1..] {
        a.hears_line(client, &format!("{count} of you waited"))?;
    }
    for client in &mut room.clients {
        a.hears_the_end(client)?;
    }
    a.prints(&room.run, 1, &format!("{count} waited"))?;
    a.ends_the_input(&room.run);
    a.ends_with(&room.run, 0).map(drop)
}

fn the_time_ends_though_nobody_comes(a: &mut Attempt) -> Result<()> {
    let begun = Instant::now();
    let limit = a.random.u64(100..=200);
    let server = a.server(args(&[&limit.to_string()]).piped())?;
    a.prints(&server.run, 1, "0 waited")?;
    let took = begun.elapsed();
    expect(
        took + ROUNDING >= Duration::from_millis(limit),
        format_args!("the time is over after {limit} ms, not before"),
        format_args!("it was over after {took:?}"),
    )?;
    a.ends_the_input(&server.run);
    a.ends_with(&server.run, 0).map(drop)
}

fn a_crowd_beyond_the_backlog_is_let_in(a: &mut Attempt) -> Result<()> {
    let limit = a.random.u64(40_000..=60_000).to_string();
    let server = a.server(args(&[&limit]).piped())?;
    // More than a backlog of 64, or std's 128, has room for, and then as many
    // as that.
    let crowd = a_crowd(a, server.address, 200)?;
    expect(
        crowd.len() == 200,
        "all of them can connect",
        format_args!("{} can, the others are refused", crowd.len()),
    )
}

fn clients_that_keep_coming_do_not_prolong_the_time(
    a: &mut Attempt,
) -> Result<()> {
    // Longer than any pause between two clients, whatever else this machine
    // has to do.
    let mut room = room(a, (plain, 2 * TIME), 1, nothing_more)?;
    let first = &mut room.clients[0];
    let address = first.remote();
    // One every 30 ms, as long as nobody has been told anything.
    let mut others = Vec::new();
    while !readable(first)? {
        expect(
            room.begun.elapsed() < DEADLINE,
            format_args!("client 1 hears how many waited {:?}", room.limit),
            format_args!(
                "nothing for {DEADLINE:?}, while {} more came",
                others.len()
            ),
        )?;
        let number = others.len() + 2;
        others.extend(one_more(address, number)?);
    }
    a.step(format_args!(
        "{} more clients come, one every 30 ms",
        others.len()
    ));
    a.hears_a_line(first)?;
    let count = counted(a, &room.run)?;
    expect(
        (1..=1 + others.len()).contains(&count),
        format_args!("of {} who came some have waited", 1 + others.len()),
        count,
    )?;
    hear(a, &others, count - 1)
}

/// Whether something comes within 30 ms.
fn readable(peer: &Peer) -> Result<bool> {
    let mut fds = [PollFd::new(peer.fd(), PollFlags::POLLIN)];
    Ok(poll(&mut fds, PollTimeout::from(30_u8))? > 0)
}

fn who_is_in_the_queue_at_the_end_is_let_in(a: &mut Attempt) -> Result<()> {
    let mut room = room(a, (plain, TIME), 1, |a, room, server| {
        // Once it has taken one client, it has begun to count the time. That
        // is waited for where it can be seen, and not for long, since nothing
        // that is right depends on it.
        while room.begun.elapsed() < room.limit / 4
            && a.sockets(&server.run).is_some_and(|count| count < 2)
        {
            poll(&mut [], 1_u8)?;
        }
        a.signals(&server.run, Signal::SIGSTOP)?;
        let count = a.random.usize(3..=6);
        come(a, room, server, count)
    })?;
    // The program began before this moment, so its time is over by then.
    // Nothing is expected of the wait: it may as well take longer.
    let first = &room.clients[0];
    let over = PollTimeout::try_from(room.limit + Duration::from_millis(20))?;
    poll(&mut [PollFd::new(first.fd(), PollFlags::POLLIN)], over)?;
    a.step("the time passes while the program is stopped");
    a.signals(&room.run, Signal::SIGCONT)?;
    for client in &mut room.clients {
        a.hears_a_line(client)?;
    }
    let count = room.clients.len();
    a.prints(&room.run, 1, &format!("{count} waited"))
}

fn a_client_that_has_left_harms_nobody(a: &mut Attempt) -> Result<()> {
    let mut room = room(a, (plain, TIME), 3, |a, room, _| {
        let gone = room.clients.remove(1);
        a.resets(gone)
    })?;
    for client in &mut room.clients {
        a.hears_a_line(client)?;
    }
    // Linux hands over a client that has reset; other kernels may not.
    let count = counted(a, &room.run)?;
    expect(
        count == 2 || count == 3,
        "of three, one of whom has left, 2 or 3 have waited",
        count,
    )
}

fn no_socket_is_left_open(a: &mut Attempt) -> Result<()> {
    let mut room = room(a, (plain, TIME), 2, nothing_more)?;
    for client in &mut room.clients {
        a.hears_a_line(client)?;
    }
    counted(a, &room.run)?;
    if a.sockets(&room.run).is_some() {
        return a.has_sockets(&room.run, 0);
    }
    // Where a program's sockets are not seen, a knock at the door tells.
    let address = room.clients[0].remote();
    let knock = TcpStream::connect_timeout(&address, DEADLINE);
    expect(knock.is_err(), "nobody listens any more", "a connection")
}

fn it_sleeps_until_the_time_is_over(a: &mut Attempt) -> Result<()> {
    let limit = a.random.u64(40_000..=60_000).to_string();
    let server = a.server(args(&[&limit]).piped().descriptors(FEW))?;
    a.sleeps(&server.run)?;
    let _client = a.connects("client 1", server.address)?;
    a.sleeps(&server.run)?;
    let _crowd = a_crowd(a, server.address, MANY)?;
    a.sleeps(&server.run)
}

/// So many clients, without a name.
fn a_crowd(
    a: &mut Attempt,
    address: SocketAddr,
    count: usize,
) -> Result<Vec<TcpStream>> {
    let mut crowd = Vec::new();
    a.step(format_args!("a crowd of {count} clients comes"));
    for number in 1..=count {
        crowd.extend(one_more(address, number)?);
    }
    Ok(crowd)
}

fn a_full_room_waits_for_the_end_of_the_time(a: &mut Attempt) -> Result<()> {
    let few = |launch: Launch| launch.descriptors(FEW);
    let mut room = room(a, (few, TIME), 1, |a, room, server| {
        room.crowd = a_crowd(a, server.address, MANY)?;
        Ok(())
    })?;
    a.hears_a_line(&mut room.clients[0])?;
    not_before(&room)?;
    let count = counted(a, &room.run)?;
    expect(
        (1..=MANY).contains(&count) && count <= 1 + room.crowd.len(),
        format_args!("of {} clients, not all have waited", 1 + MANY),
        count,
    )?;
    hear(a, &room.crowd, count - 1)?;
    a.ends_the_input(&room.run);
    a.ends_with(&room.run, 0).map(drop)
}
