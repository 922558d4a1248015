//! Calls and signals, out of what strace has written about each thread.

use std::collections::BTreeMap;

use super::call;
use super::strace::{self, Line, RawCall};
use super::threads::{Processes, Traced};
use crate::recording::{Call, End, Lane, Note, What};

/// A call as strace saw it.
pub(super) struct Seen {
    pub(super) call: Call,
    /// When the next thing happened in its thread.
    pub(super) next: u64,
    /// A signal's handler has returned, and it goes on.
    goes_on: bool,
}

/// What the processes did: their calls and signals. Their ends are noted at
/// their lanes.
pub(super) fn happenings(
    threads: &BTreeMap<i32, Traced>,
    processes: &Processes,
    about: About,
    lanes: &mut [Lane],
    micro: &impl Fn(u64) -> u64,
) -> (Vec<Seen>, Vec<Note>) {
    let mut calls: Vec<Seen> = Vec::new();
    let mut notes = Vec::new();
    for (tid, traced) in threads {
        let Some(&(lane, thread)) = processes.of_thread.get(tid) else {
            continue;
        };
        let mut open = Vec::new();
        for (place, (at, line)) in traced.lines.iter().enumerate() {
            let at = micro(*at);
            let next = traced.lines.get(place + 1).map(|(at, _)| micro(*at));
            let next = next.unwrap_or(u64::MAX);
            match line {
                Line::Call(raw) if raw.name == "rt_sigreturn" => {
                    returns(raw, at, &mut open, &mut calls);
                }
                Line::Call(raw) if about.concerns(raw) => {
                    let call = of(raw, lane, thread, at);
                    // The call that a signal interrupted goes on.
                    let goes_on = open.iter().position(|at| {
                        let before: &Seen = &calls[*at];
                        before.goes_on
                            && before.call.name == call.name
                            && before.call.args.starts_with(&call.args)
                    });
                    if let Some(place) = goes_on {
                        let before = &mut calls[open.remove(place)];
                        before.next = next;
                        let before = &mut before.call;
                        let until = call.took.map(|took| call.at + took);
                        before.took = until.map(|until| until - before.at);
                        before.result = call.result;
                        before.errno = call.errno;
                    } else {
                        if raw.interrupted {
                            open.push(calls.len());
                        }
                        calls.push(Seen {
                            call,
                            next,
                            goes_on: false,
                        });
                    }
                }
                Line::Signal(name) if tells(name) => notes.push(Note {
                    at,
                    lane,
                    what: What::Signal(name.clone()),
                }),
                Line::Call(_) | Line::Signal(_) => {}
                Line::End { how, well } => {
                    lanes[lane].end = Some(End {
                        at,
                        how: how.clone(),
                        well: *well,
                    });
                }
            }
        }
    }
    calls.sort_by_key(|seen| seen.call.at);
    (calls, notes)
}

/// Signals that say something about sockets.
fn tells(signal: &str) -> bool {
    !matches!(signal, "SIGCHLD" | "SIGCONT" | "SIGWINCH")
}

/// A return from a signal's handler: into the program, out of the call that
/// was interrupted last, or back into that call.
fn returns(raw: &RawCall, at: u64, open: &mut Vec<usize>, calls: &mut [Seen]) {
    let Some(last) = open.last().copied() else {
        return;
    };
    let Seen { call, goes_on, .. } = &mut calls[last];
    let result = raw.result.as_deref().unwrap_or_default();
    if result.starts_with("-1 EINTR") {
        open.pop();
        call.took = Some(at - call.at);
        call.result = Some("-1".to_owned());
        call.errno = Some("EINTR".to_owned());
    } else {
        *goes_on = true;
    }
}

/// Which sockets a recording is about: those of TCP; where a run has none,
/// those of the machine itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    Tcp,
    Unix,
}

impl About {
    pub(super) fn of(threads: &BTreeMap<i32, Traced>) -> About {
        let tcp = threads.values().any(|traced| {
            traced.lines.iter().any(|(_, line)| {
                matches!(line, Line::Call(raw) if About::Tcp.concerns(raw))
            })
        });
        if tcp { About::Tcp } else { About::Unix }
    }

    /// Whether this argument is such a socket.
    fn has(self, arg: &str) -> bool {
        match self {
            About::Tcp => arg.contains("<TCP:") || arg.contains("<TCPv6:"),
            About::Unix => arg.contains("<UNIX-STREAM:"),
        }
    }

    /// Whether the call is about such a socket.
    pub(super) fn concerns(self, raw: &RawCall) -> bool {
        let text = |at: usize| raw.args.get(at).map_or("", String::as_str);
        let failed = |errno: &str| {
            let result = raw.result.as_deref().unwrap_or_default();
            result
                .strip_prefix("-1 ")
                .is_some_and(|rest| rest.starts_with(errno))
        };
        match raw.name.as_str() {
            "execve" | "clone" | "clone3" | "fork" | "vfork"
            | "rt_sigreturn" => false,
            // The standard library asks, in a debug build, whether a
            // descriptor that it closes is open.
            "fcntl" => {
                self.has(text(0)) && !matches!(text(1), "F_GETFD" | "F_GETFL")
            }
            // Figures that a program prints, and does nothing with.
            "getsockopt" => {
                self.has(text(0))
                    && !matches!(text(2), "TCP_INFO" | "SO_MEMINFO")
            }
            "socket" | "socketpair" => {
                let family = match self {
                    About::Tcp => "AF_INET",
                    About::Unix => "AF_UNIX",
                };
                text(0).starts_with(family)
                    && text(1).starts_with("SOCK_STREAM")
            }
            // Before `main`, the standard library asks whether descriptors 0
            // to 2 are open.
            "poll" if text(0).contains("events=0}") => false,
            "select" | "pselect6" | "poll" | "ppoll" => {
                raw.args.iter().any(|arg| self.has(arg))
            }
            name => {
                let mistaken = (failed("EBADF") || failed("ENOTSOCK"))
                    && !matches!(name, "read" | "write" | "ioctl" | "close");
                let closed = name == "close" && failed("EBADF");
                self.has(text(0)) || mistaken || closed
            }
        }
    }
}

/// The call that strace wrote down.
fn of(raw: &RawCall, lane: usize, thread: usize, at: u64) -> Call {
    let told = call::tell(raw);
    let subject = call::subject(raw);
    let socket = subject.and_then(|(_, what)| ends(what?));
    let returned = raw.result.as_deref().and_then(strace::descriptor);
    let brought = returned.and_then(|(_, what)| ends(what?));
    Call {
        lane,
        thread,
        at,
        took: raw.result.as_ref().and(raw.took).map(|took| took / 1000),
        name: told.name,
        args: told.args,
        result: told.result,
        errno: told.errno,
        fd: subject.map(|(fd, _)| fd).filter(|fd| *fd >= 0),
        socket,
        brought: brought.filter(|ends| ends.contains("->")),
        times: 1,
    }
}

/// The addresses of a socket of TCP, out of what strace says of a descriptor.
fn ends(what: &str) -> Option<String> {
    let (kind, rest) = what.split_once(":[")?;
    let inner = rest.strip_suffix(']')?;
    // Before it has an address a socket is known by a number.
    (kind.starts_with("TCP") && inner.contains(':')).then(|| inner.to_owned())
}
