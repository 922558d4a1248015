//! The graded checks of `echo-judge`, for the learner's program and for the
//! reference: whichever this package has. The servers are threads of the
//! check.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use nix::libc;
use nix::poll::{PollFd, PollFlags, poll};
use nix::sys::socket::{setsockopt, sockopt};
use testkit::grade::{self, Attempt, Check, Exercise, args, expect};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "echo-judge",
    topic: "05-transfer",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "right_servers_of_every_kind_are_called_right",
            why: "how a server cuts its echo, and when it begins, is its own \
                  choice",
            run: right_servers_of_every_kind_are_called_right,
        },
        Check {
            name: "an_echo_whose_end_is_missing_is_caught",
            why: "a server can be right for a while: these stop before they \
                  have sent back 20,000 bytes",
            run: an_echo_whose_end_is_missing_is_caught,
        },
        Check {
            name: "a_last_line_without_a_newline_that_is_kept_back_is_caught",
            why: "an echo is of bytes, and the last one need not be a newline",
            run: a_last_line_without_a_newline_that_is_kept_back_is_caught,
        },
        Check {
            name: "zero_bytes_that_are_lost_are_caught",
            why: "a zero byte is a byte like any other, and ends nothing",
            run: zero_bytes_that_are_lost_are_caught,
        },
        Check {
            name: "bytes_that_are_changed_or_moved_are_caught",
            why: "every value of a byte can come, and the order counts",
            run: bytes_that_are_changed_or_moved_are_caught,
        },
        Check {
            name: "bytes_of_the_servers_own_are_caught",
            why: "an echo has no byte more than the call, before, between or \
                  after",
            run: bytes_of_the_servers_own_are_caught,
        },
        Check {
            name: "a_reset_in_place_of_the_end_is_caught",
            why: "a right server ends with an end of stream",
            run: a_reset_in_place_of_the_end_is_caught,
        },
        Check {
            name: "a_server_that_falls_silent_is_caught",
            why: "who owes bytes, or the end, and says nothing for so long is \
                  wrong: exit code 1",
            run: a_server_that_falls_silent_is_caught,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-echo-judge")
        .or(option_env!("CARGO_BIN_EXE_sol-echo-judge"));
    grade::main(&EXERCISE, program)
}

fn right_servers_of_every_kind_are_called_right(a: &mut Attempt) -> Result<()> {
    called(a, RIGHT, "sends back at once what it gets", |c| {
        pass_on(c, |_, piece| piece.to_vec())
    })?;
    called(a, RIGHT, "sends back everything after your end", |c| {
        let mut all = Vec::new();
        c.read_to_end(&mut all)?;
        c.write_all(&all)
    })?;
    called(a, RIGHT, "sends back small pieces of any size", |c| {
        let mut buffer = [0; 5_000];
        loop {
            let count = c.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            for piece in buffer[..count].chunks(1 + count % 700) {
                c.write_all(piece)?;
            }
        }
    })?;
    called(
        a,
        RIGHT,
        "sends back line by line, the rest at the end",
        |c| {
            let mut held = Vec::new();
            pass_on(c, |_, piece| {
                held.extend_from_slice(piece);
                let end = held.iter().rposition(|byte| *byte == b'\n');
                held.drain(..end.map_or(0, |at| at + 1)).collect()
            })?;
            c.write_all(&held)
        },
    )
}

fn an_echo_whose_end_is_missing_is_caught(a: &mut Attempt) -> Result<()> {
    called(a, WRONG, "sends back its first read and no more", |c| {
        pass_on(c, |before, piece| match before {
            0 => piece[..piece.len().min(1_000)].to_vec(),
            _ => Vec::new(),
        })
    })?;
    for most in [1_024, 16_384] {
        let what = format!("sends back the first {most} bytes and no more");
        called(a, WRONG, &what, |c| {
            pass_on(c, |before, piece| {
                let room = most - before.min(most);
                piece[..piece.len().min(room)].to_vec()
            })
        })?;
    }
    called(a, WRONG, "closes after 5,000 bytes", |c| {
        let mut some = [0; 5_000];
        c.read_exact(&mut some)?;
        c.write_all(&some)
    })
}

fn a_last_line_without_a_newline_that_is_kept_back_is_caught(
    a: &mut Attempt,
) -> Result<()> {
    called(a, WRONG, "sends back whole lines only", |c| {
        let mut held = Vec::new();
        pass_on(c, |_, piece| {
            held.extend_from_slice(piece);
            let end = held.iter().rposition(|byte| *byte == b'\n');
            held.drain(..end.map_or(0, |at| at + 1)).collect()
        })
    })
}

fn zero_bytes_that_are_lost_are_caught(a: &mut Attempt) -> Result<()> {
    called(a, WRONG, "leaves out the zero bytes", |c| {
        pass_on(c, |_, piece| {
            piece.iter().copied().filter(|byte| *byte != 0).collect()
        })
    })?;
    called(a, WRONG, "takes each read for a string of C", |c| {
        pass_on(c, |_, piece| {
            piece.split(|b| *b == 0).next().unwrap_or(b"").to_vec()
        })
    })
}

fn bytes_that_are_changed_or_moved_are_caught(a: &mut Attempt) -> Result<()> {
    called(a, WRONG, "sends back capitals for small letters", |c| {
        pass_on(c, |_, piece| piece.to_ascii_uppercase())
    })?;
    called(a, WRONG, "keeps 7 bits of each byte", |c| {
        pass_on(c, |_, piece| piece.iter().map(|b| b & 0x7f).collect())
    })?;
    called(
        a,
        WRONG,
        "sends back the second byte before the first",
        |c| {
            // Of every two, wherever its reads end.
            let mut held = Vec::new();
            pass_on(c, |_, piece| {
                held.extend_from_slice(piece);
                let whole: Vec<u8> = held.drain(..held.len() / 2 * 2).collect();
                whole.chunks(2).flat_map(|two| [two[1], two[0]]).collect()
            })?;
            c.write_all(&held)
        },
    )
}

fn bytes_of_the_servers_own_are_caught(a: &mut Attempt) -> Result<()> {
    called(a, WRONG, "greets", |c| {
        c.write_all(b"hello\n")?;
        pass_on(c, |_, piece| piece.to_vec())
    })?;
    called(a, WRONG, "adds a zero byte to each piece", |c| {
        pass_on(c, |_, piece| [piece, &[0]].concat())
    })?;
    called(a, WRONG, "says goodbye", |c| {
        pass_on(c, |_, piece| piece.to_vec())?;
        c.write_all(b"bye")
    })
}

fn a_reset_in_place_of_the_end_is_caught(a: &mut Attempt) -> Result<()> {
    called(a, WRONG, "sends back all and ends with a reset", |c| {
        pass_on(c, |_, piece| piece.to_vec())?;
        c.wait_until_delivered()?;
        let (l_onoff, l_linger) = (1, 0);
        let at_once = libc::linger { l_onoff, l_linger };
        Ok(setsockopt(&c.stream, sockopt::Linger, &at_once)?)
    })
}

fn a_server_that_falls_silent_is_caught(a: &mut Attempt) -> Result<()> {
    called(a, SILENT, "takes all and says nothing", |c| {
        pass_on(c, |_, _| Vec::new())?;
        c.stays()
    })?;
    called(a, SILENT, "sends back all and does not end", |c| {
        pass_on(c, |_, piece| piece.to_vec())?;
        c.stays()
    })
}

/// What the judge shall say: its exit code, and the limit that it is given,
/// in milliseconds.
#[derive(Clone, Copy)]
struct Expected {
    code: i32,
    limit: &'static str,
}

// None of these servers is silent for long, unless the machine is: then the
// limit must not be what decides.
const RIGHT: Expected = Expected {
    code: 0,
    limit: "4000",
};
const WRONG: Expected = Expected {
    code: 1,
    limit: "1000",
};
const SILENT: Expected = Expected {
    code: 1,
    limit: "100",
};

/// Starts a server that does `serve` with each connection, and the program.
fn called(
    a: &mut Attempt,
    expected: Expected,
    what: &str,
    serve: impl Fn(&mut Connection) -> io::Result<()> + Sync,
) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").context("bind")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?.to_string();
    a.step(format_args!("a server at {address} {what}"));
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let server = scope.spawn(|| accept_all(&listener, &over, &serve));
        let judged = judged(a, expected, &address);
        over.store(true, Ordering::Relaxed);
        let served = server.join().expect("the server's thread");
        judged.and(served)
    })
}

fn judged(a: &mut Attempt, expected: Expected, address: &str) -> Result<()> {
    let run = a.start(args(&[address, expected.limit]))?;
    let ended = a.ends(&run)?;
    let said = grade::quote(&ended.bytes);
    let verdict = match expected.code {
        0 => "right: exit code 0",
        _ => "wrong: exit code 1",
    };
    expect(
        ended.code() == Some(expected.code),
        format_args!("the program says that this server is {verdict}"),
        format_args!("{}; on standard output: {said}", ended.status),
    )?;
    let lines = ended.stdout.trim_end().lines().count();
    expect(
        expected.code == 0 || lines == 1,
        "one line on standard output that says why",
        said,
    )
}

/// Serves every connection in a thread of its own until it is `over`.
fn accept_all(
    listener: &TcpListener,
    over: &AtomicBool,
    serve: &(impl Fn(&mut Connection) -> io::Result<()> + Sync),
) -> Result<()> {
    thread::scope(|scope| {
        while !over.load(Ordering::Relaxed) {
            let waiting = PollFd::new(listener.as_fd(), PollFlags::POLLIN);
            poll(&mut [waiting], TURN).context("poll")?;
            let Ok((stream, _)) = listener.accept() else {
                continue;
            };
            stream.set_nonblocking(false)?;
            let turn = Some(Duration::from_millis(TURN.into()));
            stream.set_read_timeout(turn)?;
            stream.set_write_timeout(turn)?;
            scope.spawn(move || {
                // A judge that leaves before the end harms itself only.
                let _ = serve(&mut Connection { stream, over });
            });
        }
        Ok(())
    })
}

/// After so many milliseconds a server looks whether it is over.
const TURN: u8 = 5;

/// A server's end of a connection.
struct Connection<'a> {
    stream: TcpStream,
    over: &'a AtomicBool,
}

impl Connection<'_> {
    /// Does nothing for as long as the program runs.
    fn stays(&self) -> io::Result<()> {
        while !self.over.load(Ordering::Relaxed) {
            poll(&mut [], TURN)?;
        }
        Ok(())
    }

    /// Waits until the other end's kernel has everything, as far as this
    /// system tells.
    fn wait_until_delivered(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        while !self.over.load(Ordering::Relaxed) && unsent(&self.stream)? > 0 {
            poll(&mut [], 1_u8)?;
        }
        Ok(())
    }

    /// Calls again where the turn is over and the check is not.
    fn again<T>(
        &mut self,
        mut call: impl FnMut(&TcpStream) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match call(&self.stream) {
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::WouldBlock | ErrorKind::TimedOut
                    ) && !self.over.load(Ordering::Relaxed) => {}
                result => return result,
            }
        }
    }
}

/// How many bytes the other end's kernel has not acknowledged.
#[cfg(target_os = "linux")]
fn unsent(stream: &TcpStream) -> io::Result<i32> {
    use std::os::fd::AsRawFd;
    nix::ioctl_read_bad!(outq, libc::TIOCOUTQ, libc::c_int);
    let mut count = 0;
    // SAFETY: the kernel writes one int through the pointer.
    unsafe { outq(stream.as_raw_fd(), &raw mut count) }?;
    Ok(count)
}

impl Read for Connection<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.again(|mut stream| stream.read(buffer))
    }
}

impl Write for Connection<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.again(|mut stream| stream.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads to the end, and sends back what `echo` makes of each piece; it also
/// gets the number of bytes that came before.
fn pass_on(
    connection: &mut Connection,
    mut echo: impl FnMut(usize, &[u8]) -> Vec<u8>,
) -> io::Result<()> {
    let mut buffer = [0; 4_096];
    let mut before = 0;
    loop {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let answer = echo(before, &buffer[..count]);
        connection.write_all(&answer)?;
        before += count;
    }
}
