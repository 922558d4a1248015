//! Puts together what strace, the packet socket and the kernel's answers say
//! of one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use etherparse::{SlicedPacket, TransportSlice};

use super::call::{self, HEAD};
use super::capture::{self, Captured};
use super::strace::{self, Line, RawCall};
use crate::recording::{
    Call, End, FORMAT, Lane, Look, Note, Packet, Recording, Role, What,
};

/// The environment variable by which a chapter's program names its peers.
const LABEL: &str = "STAGE_LABEL";

/// What there is beside calls and packets.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// What was run.
    pub(super) command: String,
    pub(super) check: Option<String>,
    pub(super) missing: Vec<String>,
    /// The names of the programs, by the number in the names of strace's
    /// files.
    pub(super) names: Vec<String>,
    /// Addresses of a check's peers, and their names.
    pub(super) peers: Vec<(SocketAddr, String)>,
    /// Steps of a check: when, in nanoseconds since 1970, and what.
    pub(super) steps: Vec<(u64, What)>,
}

/// One thread, from one file of strace's.
struct Traced {
    program: usize,
    lines: Vec<(u64, Line)>,
}

/// Makes a recording of what lies in `folder` (`calls-N.TID`) and of what was
/// captured.
pub(super) fn assemble(
    folder: &Path,
    captured: &Captured,
    context: Around,
) -> Result<Recording> {
    let threads = read(folder)?;
    let processes = Processes::of(&threads, &context.names);
    let start = start(&threads, captured, &context);
    let micro = |at: u64| at.saturating_sub(start) / 1000;

    let mut lanes = processes.lanes();
    let mut calls = Vec::new();
    let mut notes = Vec::new();
    for (tid, traced) in &threads {
        let Some(&(lane, thread)) = processes.of_thread.get(tid) else {
            continue;
        };
        for (at, line) in &traced.lines {
            let at = micro(*at);
            match line {
                Line::Call(raw) => {
                    if concerns_tcp(raw) {
                        calls.push(of(raw, lane, thread, at));
                    }
                }
                Line::Signal(name) if tells(name) => notes.push(Note {
                    at,
                    lane,
                    what: What::Signal(name.clone()),
                }),
                Line::Signal(_) => {}
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
    calls.sort_by_key(|call| call.at);

    let mut ends = Ends::new(&calls, captured, &micro);
    let packets = packets(captured, &mut ends, &mut lanes, &context, &micro);
    let looks = looks(captured, &ends, &micro);
    let check = lanes.iter().position(|lane| lane.role == Role::Check);
    for (at, what) in &context.steps {
        let text = match what {
            What::Step(text) | What::Failure(text) | What::Signal(text) => text,
        };
        let lane = lanes
            .iter()
            .position(|lane| {
                lane.role == Role::Check && text.starts_with(&lane.name)
            })
            .or(check)
            .unwrap_or(0);
        notes.push(Note {
            at: micro(*at),
            lane,
            what: what.clone(),
        });
    }
    notes.sort_by_key(|note| note.at);
    let mut missing = context.missing;
    if captured.lost > 0 {
        missing.push(format!(
            "{} packets came faster than they could be kept",
            captured.lost
        ));
    }
    let mut recording = Recording {
        format: FORMAT.to_owned(),
        command: context.command,
        check: context.check,
        system: system(),
        missing,
        lanes,
        calls,
        packets,
        looks,
        notes,
    };
    recording.leave_out_idle_lanes();
    Ok(recording)
}

fn system() -> String {
    match nix::sys::utsname::uname() {
        Ok(name) => format!(
            "{} {}",
            name.sysname().to_string_lossy(),
            name.release().to_string_lossy()
        ),
        Err(_) => std::env::consts::OS.to_owned(),
    }
}

fn read(folder: &Path) -> Result<BTreeMap<i32, Traced>> {
    let mut threads = BTreeMap::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let Some((program, tid)) = name
            .strip_prefix("calls-")
            .and_then(|rest| rest.split_once('.'))
        else {
            continue;
        };
        let (Ok(program), Ok(tid)) = (program.parse(), tid.parse()) else {
            continue;
        };
        let text =
            fs::read(entry.path()).with_context(|| format!("read {name}"))?;
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter_map(strace::line).collect();
        threads.insert(tid, Traced { program, lines });
    }
    Ok(threads)
}

/// When the recording begins: with the first call on a socket, packet or
/// step.
fn start(
    threads: &BTreeMap<i32, Traced>,
    captured: &Captured,
    context: &Around,
) -> u64 {
    let calls = threads.values().flat_map(|traced| {
        traced.lines.iter().filter_map(|(at, line)| match line {
            Line::Call(raw) if concerns_tcp(raw) => Some(*at),
            _ => None,
        })
    });
    let packets = captured.frames.iter().map(|frame| frame.at);
    let steps = context.steps.iter().map(|(at, _)| *at);
    calls.chain(packets).chain(steps).min().unwrap_or(0)
}

/// The processes among the threads.
struct Processes {
    /// Its lane, and its place among the threads of its process.
    of_thread: BTreeMap<i32, (usize, usize)>,
    names: Vec<String>,
}

impl Processes {
    fn of(threads: &BTreeMap<i32, Traced>, programs: &[String]) -> Processes {
        // Who was started by whom, and as what.
        let mut process_of: BTreeMap<i32, i32> =
            threads.keys().map(|tid| (*tid, *tid)).collect();
        let mut started = BTreeSet::new();
        for (tid, traced) in threads {
            for (_, line) in &traced.lines {
                let Line::Call(raw) = line else { continue };
                if !matches!(
                    raw.name.as_str(),
                    "clone" | "clone3" | "fork" | "vfork"
                ) {
                    continue;
                }
                let child = raw.result.as_deref().and_then(|text| {
                    strace::bare(text).split(' ').next()?.parse::<i32>().ok()
                });
                let Some(child) = child else { continue };
                let thread =
                    raw.args.iter().any(|arg| arg.contains("CLONE_THREAD"));
                if thread {
                    process_of.insert(child, *tid);
                } else {
                    started.insert(child);
                }
            }
        }
        // A thread's thread belongs to the first thread's process.
        let first = |tid: i32| {
            let mut tid = tid;
            while let Some(above) = process_of.get(&tid) {
                if *above == tid {
                    break;
                }
                tid = *above;
            }
            tid
        };
        let mut by_start: Vec<_> = threads
            .iter()
            .filter_map(|(tid, traced)| Some((traced.lines.first()?.0, *tid)))
            .collect();
        by_start.sort_unstable();

        let mut lane_of: BTreeMap<i32, usize> = BTreeMap::new();
        let mut of_thread = BTreeMap::new();
        let mut counts: Vec<usize> = Vec::new();
        let mut names = Vec::new();
        for (_, tid) in by_start {
            let process = first(tid);
            let lane = *lane_of.entry(process).or_insert_with(|| {
                counts.push(0);
                names.push(String::new());
                names.len() - 1
            });
            of_thread.insert(tid, (lane, counts[lane]));
            counts[lane] += 1;
        }
        let labels: BTreeMap<i32, String> = threads
            .iter()
            .filter_map(|(tid, traced)| Some((*tid, label(traced)?)))
            .collect();
        for (process, lane) in &lane_of {
            let traced = threads.get(process);
            names[*lane] = match labels.get(process) {
                Some(label) => label.clone(),
                None => traced
                    .filter(|_| !started.contains(process))
                    .and_then(|traced| spoken(traced, &labels))
                    .or_else(|| programs.get(traced?.program).cloned())
                    .unwrap_or_else(|| "process".to_owned()),
            };
        }
        let names = told_apart(names);
        Processes { of_thread, names }
    }

    fn lanes(&self) -> Vec<Lane> {
        self.names
            .iter()
            .map(|name| Lane {
                name: name.clone(),
                role: Role::Program,
                end: None,
            })
            .collect()
    }
}

/// The name that a chapter's program gave this peer.
fn label(traced: &Traced) -> Option<String> {
    traced.lines.iter().rev().find_map(|(_, line)| match line {
        Line::Call(raw)
            if raw.name == "execve" && raw.result.as_deref() == Some("0") =>
        {
            let all = strace::environment(raw.args.get(2)?);
            all.get(LABEL).cloned()
        }
        _ => None,
    })
}

/// The name that a chapter's program goes by in what it prints: `server |
/// listen(3, 8) = 0`.
fn spoken(traced: &Traced, labels: &BTreeMap<i32, String>) -> Option<String> {
    traced.lines.iter().find_map(|(_, line)| {
        let Line::Call(raw) = line else { return None };
        if raw.name != "write" {
            return None;
        }
        let (1, _) = strace::descriptor(raw.args.first()?)? else {
            return None;
        };
        let text = raw.args.get(1)?.trim_start_matches('"');
        let (name, _) = text.split_once(" | ")?;
        let name = name.trim_end();
        let plain = !name.is_empty()
            && name.len() <= 12
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
        // `kernel` is what a program says on the kernel's behalf.
        (plain
            && name != "kernel"
            && !labels.values().any(|label| label == name))
        .then(|| name.to_owned())
    })
}

/// Names that stand twice get letters: `client A`, `client B`.
fn told_apart(names: Vec<String>) -> Vec<String> {
    let mut seen: BTreeMap<String, u8> = BTreeMap::new();
    let count = |name: &String| names.iter().filter(|n| *n == name).count();
    names
        .iter()
        .map(|name| {
            if count(name) == 1 {
                return name.clone();
            }
            let nth = seen.entry(name.clone()).or_default();
            let letter = char::from(b'A' + (*nth).min(25));
            *nth += 1;
            format!("{name} {letter}")
        })
        .collect()
}

/// Signals that say something about sockets.
fn tells(signal: &str) -> bool {
    !matches!(signal, "SIGCHLD" | "SIGCONT" | "SIGWINCH")
}

/// Whether the call is about a socket of TCP.
fn concerns_tcp(raw: &RawCall) -> bool {
    let text = |at: usize| raw.args.get(at).map_or("", String::as_str);
    let failed = |errno: &str| {
        let result = raw.result.as_deref().unwrap_or_default();
        result
            .strip_prefix("-1 ")
            .is_some_and(|r| r.starts_with(errno))
    };
    let about_tcp =
        |arg: &str| arg.contains("<TCP:") || arg.contains("<TCPv6:");
    match raw.name.as_str() {
        "execve" | "clone" | "clone3" | "fork" | "vfork" | "socketpair" => {
            false
        }
        // The standard library asks, in a debug build, whether a descriptor
        // that it closes is open.
        "fcntl" => {
            about_tcp(text(0)) && !matches!(text(1), "F_GETFD" | "F_GETFL")
        }
        "socket" => {
            text(0).starts_with("AF_INET") && text(1).starts_with("SOCK_STREAM")
        }
        "select" | "pselect6" | "poll" | "ppoll" => {
            raw.args.iter().any(|arg| about_tcp(arg))
        }
        name => {
            let mistaken = (failed("EBADF") || failed("ENOTSOCK"))
                && !matches!(name, "read" | "write" | "ioctl" | "close");
            let closed = name == "close" && failed("EBADF");
            about_tcp(text(0)) || mistaken || closed
        }
    }
}

fn of(raw: &RawCall, lane: usize, thread: usize, at: u64) -> Call {
    let told = call::tell(raw);
    let subject = call::subject(raw);
    let socket = subject.and_then(|(_, what)| {
        let what = what?;
        let (kind, rest) = what.split_once(":[")?;
        let inner = rest.strip_suffix(']')?;
        // Before it has an address a socket is known by a number.
        (kind.starts_with("TCP") && inner.contains(':'))
            .then(|| inner.to_owned())
    });
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
    }
}

/// Which lane a socket belongs to.
struct Ends {
    connected: BTreeMap<(SocketAddr, SocketAddr), usize>,
    listening: BTreeMap<SocketAddr, usize>,
}

impl Ends {
    fn new(
        calls: &[Call],
        captured: &Captured,
        micro: &impl Fn(u64) -> u64,
    ) -> Ends {
        let mut ends = Ends {
            connected: BTreeMap::new(),
            listening: BTreeMap::new(),
        };
        for call in calls {
            // Another process may have inherited it; the first one made it.
            if let Some(socket) = &call.socket {
                if let Some((local, remote)) = connection(socket) {
                    ends.connected.entry((local, remote)).or_insert(call.lane);
                } else if let Ok(local) = socket.parse() {
                    ends.listening.entry(local).or_insert(call.lane);
                }
            }
        }
        // A connection that was refused, or never used: its SYN left during
        // the call of connect.
        for call in calls.iter().filter(|call| call.name == "connect") {
            let Some(target) = call.args.split(", ").nth(1) else {
                continue;
            };
            let Ok(target) = target.parse::<SocketAddr>() else {
                continue;
            };
            let until = call.took.map_or(u64::MAX, |took| call.at + took);
            // strace looks a little before and after the call itself.
            let syn = captured.frames.iter().find_map(|frame| {
                let at = micro(frame.at);
                if at < call.at || at > until {
                    return None;
                }
                let (source, to) = capture::ends(&frame.bytes)?;
                let known = ends.connected.contains_key(&(source, to));
                (to.port() == target.port() && !known).then_some((source, to))
            });
            if let Some(key) = syn {
                let taken = ends
                    .connected
                    .iter()
                    .any(|(k, lane)| k.1 == key.1 && *lane == call.lane);
                if !taken || call.errno.is_some() || call.took.is_none() {
                    ends.connected.insert(key, call.lane);
                }
            }
        }
        ends
    }

    fn find(&self, local: SocketAddr, remote: SocketAddr) -> Option<usize> {
        if let Some(lane) = self.connected.get(&(local, remote)) {
            return Some(*lane);
        }
        // In the accept queue: nobody's yet but the listener's.
        self.listening.iter().find_map(|(address, lane)| {
            (address.port() == local.port()
                && (address.ip() == local.ip()
                    || address.ip().is_unspecified()))
            .then_some(*lane)
        })
    }
}

/// `LOCAL->REMOTE` as two addresses; those of IPv4 in IPv6 as IPv4.
fn connection(socket: &str) -> Option<(SocketAddr, SocketAddr)> {
    let (local, remote) = socket.split_once("->")?;
    Some((plain(local.parse().ok()?), plain(remote.parse().ok()?)))
}

fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// One direction of a connection, as far as it has been seen.
#[derive(Default)]
struct Direction {
    /// The number of its SYN.
    first: u32,
    /// The highest that was sent, counted from `first`.
    sent: u32,
    syn: bool,
    fin: bool,
}

fn packets(
    captured: &Captured,
    ends: &mut Ends,
    lanes: &mut Vec<Lane>,
    context: &Around,
    micro: &impl Fn(u64) -> u64,
) -> Vec<Packet> {
    let mut directions: BTreeMap<(SocketAddr, SocketAddr), Direction> =
        BTreeMap::new();
    let mut all = Vec::new();
    for frame in &captured.frames {
        let Ok(sliced) = SlicedPacket::from_ethernet(&frame.bytes) else {
            continue;
        };
        let Some((source, target)) = capture::addresses(&sliced) else {
            continue;
        };
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
            continue;
        };
        let mut lane = |local, remote| {
            ends.find(local, remote).unwrap_or_else(|| {
                let lane = stranger(lanes, context, local, remote);
                ends.connected.insert((local, remote), lane);
                lane
            })
        };
        let (from, to) = (lane(source, target), lane(target, source));
        let cut = frame.length.saturating_sub(frame.bytes.len());
        let payload = tcp.payload();
        let length = u32::try_from(payload.len() + cut).unwrap_or(u32::MAX);

        let number = tcp.sequence_number();
        let own = directions.entry((source, target)).or_insert(Direction {
            first: number,
            ..Direction::default()
        });
        if tcp.syn() && !own.syn {
            own.first = number;
        }
        let seq = number.wrapping_sub(own.first);
        let again = (tcp.syn() && own.syn)
            || (tcp.fin() && own.fin)
            || (length > 0 && seq.wrapping_add(length) <= own.sent);
        own.syn |= tcp.syn();
        own.fin |= tcp.fin();
        if length > 0 {
            own.sent = own.sent.max(seq.wrapping_add(length));
        }
        let ack = tcp.ack().then(|| {
            let other = directions.get(&(target, source));
            let first = other.map_or(0, |other| other.first);
            tcp.acknowledgment_number().wrapping_sub(first)
        });
        let flags = [
            ("SYN", tcp.syn()),
            ("FIN", tcp.fin()),
            ("RST", tcp.rst()),
            ("PSH", tcp.psh()),
            ("ACK", tcp.ack()),
            ("URG", tcp.urg()),
        ];
        all.push(Packet {
            at: micro(frame.at),
            from,
            to,
            source: source.to_string(),
            target: target.to_string(),
            flags: flags
                .into_iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| name.to_owned())
                .collect(),
            seq,
            ack,
            length,
            window: u32::from(tcp.window_size()),
            urgent: tcp.urg().then(|| tcp.urgent_pointer()),
            head: payload[..payload.len().min(HEAD)]
                .escape_ascii()
                .to_string(),
            again,
        });
    }
    all.sort_by_key(|packet| packet.at);
    all
}

/// The lane for an address of which no call told.
fn stranger(
    lanes: &mut Vec<Lane>,
    context: &Around,
    local: SocketAddr,
    remote: SocketAddr,
) -> usize {
    let peer = context
        .peers
        .iter()
        .find(|(address, _)| *address == local)
        .map(|(_, name)| name.clone());
    let checked = context.check.is_some();
    let (name, role) = match peer {
        Some(name) => (name, Role::Check),
        None if checked => ("the check".to_owned(), Role::Check),
        // The side that was called has a port that somebody chose.
        None => (format!("port {}", local.port()), Role::Unknown),
    };
    let _ = remote;
    if let Some(at) = lanes
        .iter()
        .position(|lane| lane.role == role && lane.name == name)
    {
        return at;
    }
    lanes.push(Lane {
        name,
        role,
        end: None,
    });
    lanes.len() - 1
}

fn looks(
    captured: &Captured,
    ends: &Ends,
    micro: &impl Fn(u64) -> u64,
) -> Vec<Look> {
    captured
        .asked
        .iter()
        .filter_map(|asked| {
            let lane = match asked.remote {
                Some(remote) => ends.find(asked.local, remote)?,
                None => *ends.listening.iter().find_map(|(at, lane)| {
                    (at.port() == asked.local.port()).then_some(lane)
                })?,
            };
            let (state, receive_queue, send_queue) = match asked.found {
                Some(socket) => {
                    let state = state(socket.state);
                    // The kernel counts a SYN and a FIN as a byte.
                    let ended = matches!(
                        state,
                        "CLOSE-WAIT" | "LAST-ACK" | "CLOSING" | "TIME-WAIT"
                    );
                    let in_flight = matches!(
                        state,
                        "SYN-SENT" | "FIN-WAIT-1" | "LAST-ACK" | "CLOSING"
                    );
                    (
                        state,
                        socket.receive_queue.saturating_sub(ended.into()),
                        socket.send_queue.saturating_sub(in_flight.into()),
                    )
                }
                None => ("gone", 0, 0),
            };
            Some(Look {
                at: micro(asked.at),
                lane,
                local: asked.local.to_string(),
                remote: asked.remote.map(|remote| remote.to_string()),
                state: state.to_owned(),
                receive_queue,
                send_queue,
            })
        })
        .collect()
}

/// A state of `<linux/tcp_states.h>` in the words of RFC 9293.
fn state(number: u8) -> &'static str {
    match number {
        1 => "ESTABLISHED",
        2 => "SYN-SENT",
        3 | 12 => "SYN-RECEIVED",
        4 => "FIN-WAIT-1",
        5 => "FIN-WAIT-2",
        6 => "TIME-WAIT",
        8 => "CLOSE-WAIT",
        9 => "LAST-ACK",
        10 => "LISTEN",
        11 => "CLOSING",
        _ => "CLOSED",
    }
}

impl Recording {
    /// Leaves out processes that had nothing to do with a socket.
    fn leave_out_idle_lanes(&mut self) {
        let mut busy = vec![false; self.lanes.len()];
        for call in &self.calls {
            busy[call.lane] = true;
        }
        for packet in &self.packets {
            busy[packet.from] = true;
            busy[packet.to] = true;
        }
        for (lane, busy) in self.lanes.iter().zip(&mut busy) {
            *busy |= lane.role == Role::Check;
        }
        if !busy.contains(&true) {
            return;
        }
        let mut place = Vec::new();
        let mut kept = 0;
        for busy in &busy {
            place.push(busy.then_some(kept));
            kept += usize::from(*busy);
        }
        let mut keep = busy.iter();
        self.lanes.retain(|_| *keep.next().unwrap_or(&true));
        let moved = |lane: &mut usize| *lane = place[*lane].unwrap_or(0);
        self.calls.iter_mut().for_each(|c| moved(&mut c.lane));
        self.looks.iter_mut().for_each(|l| moved(&mut l.lane));
        self.notes.retain(|n| place[n.lane].is_some());
        self.notes.iter_mut().for_each(|n| moved(&mut n.lane));
        for packet in &mut self.packets {
            moved(&mut packet.from);
            moved(&mut packet.to);
        }
    }
}
