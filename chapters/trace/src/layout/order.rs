//! In which order things happened.
//!
//! strace stamps a call when it sees it begin, which is up to some
//! milliseconds before the kernel works on it, and it writes how long it took
//! from a later moment on. Packets are stamped by the kernel itself. So a
//! packet that a call sends, or that ends its waiting, may seem to lie outside
//! of it; the order here puts it back.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::{Places, shape_is};
use super::tell::{moved, reads, writes};
use crate::recording::{Call, Packet, Recording, What};

/// How much later than it happened strace may see something, in microseconds.
const SLOP: u64 = 5_000;

/// A call that took longer than this may have waited.
const QUICK: u64 = 500;

/// A thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A call returned.
    End(usize),
    /// A packet was seen.
    Packet(usize),
    /// A call began.
    Begin(usize),
    /// The kernel was asked.
    Look(usize),
    /// Something else.
    Note(usize),
    /// A process ended.
    LaneEnd(usize),
}

/// Everything in its order, and what belongs together.
#[derive(Debug)]
pub(super) struct Order {
    pub events: Vec<Event>,
    /// The packets that each call sent or waited for as part of its work.
    pub own: Vec<Vec<usize>>,
    /// The call whose own each packet is.
    pub owner: BTreeMap<usize, usize>,
    /// Which calls were interrupted: by which note.
    pub interrupted: BTreeMap<usize, usize>,
    /// Which calls are seen to block: something else happens in them.
    pub blocked: BTreeSet<usize>,
    /// The connection that an accept brought.
    pub accepted: BTreeMap<usize, usize>,
    /// When a call that never returned stopped counting.
    pub open: BTreeSet<usize>,
}

/// A moment: microseconds, and the order within one.
type Moment = (u64, u8, usize);

impl Order {
    pub(super) fn new(recording: &Recording, places: &Places) -> Order {
        let calls = &recording.calls;
        let next = next_of_thread(calls);
        let mut own = own_packets(recording, places, &next);
        let (ready, accepted) = ready(recording, places);
        let mut moments: Vec<(Moment, Event)> = Vec::new();
        let mut interrupted = BTreeMap::new();
        let mut open = BTreeSet::new();
        for (at, packet) in recording.packets.iter().enumerate() {
            moments.push(((packet.at, 4, at), Event::Packet(at)));
        }
        for (at, call) in calls.iter().enumerate() {
            let first = own[at].first().map(|p| recording.packets[*p].at);
            let begin = match first {
                Some(first) if first >= call.at && first - call.at < SLOP => {
                    (first, 3, at)
                }
                _ => (call.at, 6, at),
            };
            moments.push((begin, Event::Begin(at)));
            let last = own[at].last().map(|p| recording.packets[*p].at);
            let Some(took) = call.took else {
                if next[at] == u64::MAX {
                    open.insert(at);
                    continue;
                }
                // Its thread went on, so it was interrupted and begun anew.
                let note = recording.notes.iter().position(|note| {
                    note.lane == call.lane
                        && note.at >= call.at
                        && note.at <= next[at]
                });
                if let Some(note) = note {
                    interrupted.insert(at, note);
                    let when = recording.notes[note].at;
                    moments.push(((when, 7, at), Event::End(at)));
                }
                continue;
            };
            let told = call.at + took;
            // A signal came while it slept: it ended, or went on, after that.
            let signal = signal_within(recording, call, next[at]);
            if let Some(note) = signal {
                let when = recording.notes[note].at.max(told);
                moments.push(((when, 7, at).max(begin), Event::End(at)));
                continue;
            }
            let end = match (ready.get(&at), last) {
                // A loop in which nothing else happened.
                _ if call.times > 1 => (begin.0, begin.1, at),
                // What it asked for was there already.
                (Some(ready), _) if *ready <= call.at && took < 4 * SLOP => {
                    (begin.0, begin.1, at)
                }
                (Some(ready), _) => (told.max(*ready), 5, at),
                (None, Some(last)) if told < last + SLOP => (last, 5, at),
                (None, Some(last)) => (told.max(last), 5, at),
                (None, None) if took < QUICK || !waits(call) => {
                    (begin.0, begin.1, at)
                }
                (None, None) => (told, 5, at),
            };
            moments.push((end.max(begin), Event::End(at)));
        }
        for (at, look) in recording.looks.iter().enumerate() {
            moments.push(((look.at, 8, at), Event::Look(at)));
        }
        for (at, note) in recording.notes.iter().enumerate() {
            moments.push(((note.at, 6, at), Event::Note(at)));
        }
        for (at, lane) in recording.lanes.iter().enumerate() {
            if let Some(end) = &lane.end {
                moments.push(((end.at, 9, at), Event::LaneEnd(at)));
            }
        }
        // A call that begins and ends at once does so in this order.
        let rank = |event: &Event| u8::from(matches!(event, Event::End(_)));
        moments.sort_by_key(|(moment, event)| (*moment, rank(event)));
        let events: Vec<Event> = moments.into_iter().map(|(_, e)| e).collect();
        for list in &mut own {
            list.sort_unstable();
        }
        let blocked = blocked(recording, &events, &own, &interrupted);
        let mut owner = BTreeMap::new();
        for (call, packets) in own.iter().enumerate() {
            owner.extend(packets.iter().map(|packet| (*packet, call)));
        }
        Order {
            events,
            own,
            owner,
            interrupted,
            blocked,
            accepted,
            open,
        }
    }
}

/// The last signal that came while a call slept. One that made it return early
/// is written down only after its end.
fn signal_within(
    recording: &Recording,
    call: &Call,
    next: u64,
) -> Option<usize> {
    let told = call.at + call.took?;
    let slept = call.times == 1 && call.took? >= QUICK;
    recording.notes.iter().rposition(|note| {
        slept
            && note.lane == call.lane
            && matches!(note.what, What::Signal(_))
            && note.at >= call.at
            && note.at <= (told + QUICK).min(next)
    })
}

/// Whether a packet gets a row: acknowledgements of bytes don't, since they
/// vary from run to run and say nothing that the states don't.
pub(super) fn shown(packet: &Packet, packets: &[Packet]) -> bool {
    if packet.length > 0 || !bare(packet) {
        return true;
    }
    // The third packet of the handshake, and none that looks like it.
    packet.seq == 1
        && packet.ack == Some(1)
        && packets
            .iter()
            .take_while(|other| !std::ptr::eq(*other, packet))
            .filter(|other| {
                other.source == packet.source && other.target == packet.target
            })
            .all(|other| shape_is(other, "SYN"))
}

/// Whether it has no flag but ACK.
pub(super) fn bare(packet: &Packet) -> bool {
    !["SYN", "FIN", "RST", "URG"]
        .iter()
        .any(|flag| shape_is(packet, flag))
}

/// When each call's thread calls the next time.
fn next_of_thread(calls: &[Call]) -> Vec<u64> {
    let mut next = vec![u64::MAX; calls.len()];
    let mut later: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for (at, call) in calls.iter().enumerate().rev() {
        let key = (call.lane, call.thread);
        next[at] = later.insert(key, call.at).unwrap_or(u64::MAX);
    }
    next
}

/// The packets that are a call's own work.
fn own_packets(
    recording: &Recording,
    places: &Places,
    next: &[u64],
) -> Vec<Vec<usize>> {
    let packets = &recording.packets;
    let mut taken = vec![false; packets.len()];
    let mut own = vec![Vec::new(); recording.calls.len()];
    for (at, call) in recording.calls.iter().enumerate() {
        if !(call.name == "connect"
            || call.name == "shutdown"
            || call.name == "close"
            || writes(&call.name))
        {
            continue;
        }
        let from = packets.partition_point(|p| p.at < call.at);
        let to = packets.partition_point(|p| p.at < next[at]);
        let within = from..to.max(from);
        if call.name == "connect" {
            own[at] = handshake(call, packets, within, &mut taken);
            continue;
        }
        let (local, remote) = match call.socket.as_deref() {
            Some(socket) => match places.socket(socket) {
                Some((connection, side)) => {
                    let ends = &places.connections[connection].addresses;
                    (ends[side].clone(), Some(ends[1 - side].clone()))
                }
                None => (socket.to_owned(), None),
            },
            None => continue,
        };
        let mut last = call.at;
        for p in within {
            let packet = &packets[p];
            // What comes so much later was not sent by this call.
            if packet.at > last + call.took.unwrap_or(0) + SLOP {
                break;
            }
            let fits = packet.source == local
                && remote.as_ref().is_none_or(|to| packet.target == *to);
            let kind = if writes(&call.name) {
                packet.length > 0
            } else {
                !bare(packet)
            };
            // A close says one thing to each peer; a RST that comes later is
            // the kernel's answer to something else.
            let twice = !writes(&call.name)
                && own[at]
                    .iter()
                    .any(|other| packets[*other].target == packet.target);
            if fits && kind && !taken[p] && !twice {
                taken[p] = true;
                own[at].push(p);
                last = packet.at;
            }
        }
    }
    own
}

/// The packets of a connect: SYN, SYN and ACK, ACK, or what came instead.
fn handshake(
    call: &Call,
    packets: &[Packet],
    within: std::ops::Range<usize>,
    taken: &mut [bool],
) -> Vec<usize> {
    let mut own: Vec<usize> = Vec::new();
    for p in within {
        let packet = &packets[p];
        // Its last act.
        let done = own.last().map(|last| &packets[*last]);
        if done.is_some_and(|last| bare(last) || shape_is(last, "RST")) {
            break;
        }
        let fits = match own.first() {
            None => {
                packet.from == call.lane
                    && shape_is(packet, "SYN")
                    && !shape_is(packet, "ACK")
                    && call.args.contains(packet.target.as_str())
            }
            Some(first) => {
                let first = &packets[*first];
                let same = (&first.source, &first.target);
                let back = (&packet.target, &packet.source);
                let there = (&packet.source, &packet.target);
                packet.length == 0
                    && !shape_is(packet, "FIN")
                    && (back == same || there == same)
            }
        };
        if fits && !taken[p] {
            taken[p] = true;
            own.push(p);
        }
    }
    own
}

/// Whether the kernel may keep the caller waiting in it.
fn waits(call: &Call) -> bool {
    if matches!(call.errno.as_deref(), Some("EAGAIN" | "EWOULDBLOCK")) {
        return false;
    }
    reads(&call.name)
        || writes(&call.name)
        || matches!(
            call.name.as_str(),
            "accept"
                | "accept4"
                | "connect"
                | "close"
                | "select"
                | "pselect"
                | "poll"
                | "ppoll"
                | "epoll_wait"
                | "epoll_pwait"
        )
}

/// The connections and when their handshakes were done, in this order.
fn done(packets: &[Packet], places: &Places) -> Vec<(u64, usize)> {
    let mut done: Vec<(u64, usize)> = Vec::new();
    for packet in packets {
        let Some(connection) =
            places.connection(&packet.source, &packet.target)
        else {
            continue;
        };
        let asker = places.connections[connection].side(&packet.source) == 0;
        if asker
            && shape_is(packet, "ACK")
            && !done.iter().any(|(_, c)| *c == connection)
        {
            done.push((packet.at, connection));
        }
    }
    done
}

/// When what a call returned was there: the packet that brought it. And the
/// connection that an accept took.
fn ready(
    recording: &Recording,
    places: &Places,
) -> (BTreeMap<usize, u64>, BTreeMap<usize, usize>) {
    let packets = &recording.packets;
    let mut when = BTreeMap::new();
    let mut accepted = BTreeMap::new();
    let mut read: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    let mut done = done(packets, places);
    for (at, call) in recording.calls.iter().enumerate() {
        if matches!(call.name.as_str(), "accept" | "accept4") {
            let fd = call.result.as_ref().and_then(|r| {
                r.split(' ').next().and_then(|r| r.parse::<i32>().ok())
            });
            let Some(fd) = fd.filter(|fd| *fd >= 0) else {
                continue;
            };
            let lane = call.lane;
            // A later call on the descriptor tells which one it was.
            let told = recording.calls[at + 1..]
                .iter()
                .take_while(|later| {
                    !(later.lane == lane
                        && later.name.starts_with("accept")
                        && later.result == call.result)
                })
                .filter(|later| later.lane == lane && later.fd == Some(fd))
                .find_map(|later| places.socket(later.socket.as_deref()?))
                .map(|(connection, _)| connection);
            let port =
                |address: &str| address.rsplit(':').next().map(str::to_owned);
            let listener = call.socket.as_deref().and_then(port);
            let found = done.iter().position(|(_, c)| match told {
                Some(told) => *c == told,
                None => port(&places.connections[*c].addresses[1]) == listener,
            });
            if let Some(found) = found {
                let (time, connection) = done.remove(found);
                when.insert(at, time);
                accepted.insert(at, connection);
            }
            continue;
        }
        if asks(&call.name) {
            let pending = Pending {
                recording,
                places,
                read: &read,
                waiting: &done,
            };
            if let Some(packet) = pending.wakes(at) {
                when.insert(at, packet.at);
            }
            continue;
        }
        if !reads(&call.name) {
            continue;
        }
        let Some((connection, side)) =
            call.socket.as_deref().and_then(|s| places.socket(s))
        else {
            continue;
        };
        let source = &places.connections[connection].addresses[1 - side];
        let mut from =
            packets.iter().filter(|p| p.source == *source).filter(|p| {
                p.target == places.connections[connection].addresses[side]
            });
        let bytes = moved(call) * u64::from(call.times);
        let urgent = call.args.contains("MSG_OOB");
        let found = if call.errno.as_deref() == Some("ECONNRESET") {
            from.find(|p| shape_is(p, "RST"))
        } else if call.errno.is_some() || call.result.is_none() {
            None
        } else if urgent {
            from.rfind(|p| shape_is(p, "URG") && p.at <= call.at)
        } else if bytes == 0 {
            from.find(|p| shape_is(p, "FIN"))
        } else {
            let total = read.entry((connection, side)).or_default();
            let last = *total + bytes;
            if !call.args.contains("MSG_PEEK") {
                *total = last;
            }
            from.find(|p| {
                p.length > 0 && u64::from(p.seq) + u64::from(p.length) > last
            })
        };
        // What came later did not end it: a read of no bytes returns at once.
        let until = call.at + call.took.unwrap_or(0) + SLOP;
        if let Some(packet) = found.filter(|packet| packet.at <= until) {
            when.insert(at, packet.at);
        }
    }
    (when, accepted)
}

/// The calls in which something else happens than their own work.
fn blocked(
    recording: &Recording,
    events: &[Event],
    own: &[Vec<usize>],
    interrupted: &BTreeMap<usize, usize>,
) -> BTreeSet<usize> {
    let mut running: BTreeSet<usize> = BTreeSet::new();
    let mut blocked: BTreeSet<usize> = BTreeSet::new();
    for event in events {
        match event {
            Event::Begin(call) => {
                for other in &running {
                    let same = &recording.calls[*other];
                    let this = &recording.calls[*call];
                    if (same.lane, same.thread) != (this.lane, this.thread) {
                        blocked.insert(*other);
                    }
                }
                let call_ = &recording.calls[*call];
                if call_.took.is_some() || interrupted.contains_key(call) {
                    running.insert(*call);
                }
            }
            Event::End(call) => {
                running.remove(call);
                if interrupted.contains_key(call) {
                    blocked.remove(call);
                }
            }
            Event::Packet(packet) => {
                if shown(&recording.packets[*packet], &recording.packets) {
                    for call in &running {
                        if !own[*call].contains(packet) {
                            blocked.insert(*call);
                        }
                    }
                }
            }
            Event::Note(_) | Event::LaneEnd(_) => {
                blocked.extend(running.iter().copied());
            }
            Event::Look(_) => {}
        }
    }
    // A packet a second later, its own or not, is no work but a wait.
    for (at, call) in recording.calls.iter().enumerate() {
        let long = call.took.is_some_and(|took| took >= super::rows::GAP);
        if long && call.times == 1 {
            blocked.insert(at);
        }
    }
    blocked
}

/// Whether the call asks which sockets are ready.
fn asks(name: &str) -> bool {
    name.contains("select") || name.contains("poll")
}

/// What waits for a process that asks.
struct Pending<'a> {
    recording: &'a Recording,
    places: &'a Places,
    /// How much was read of each connection's sides.
    read: &'a BTreeMap<(usize, usize), u64>,
    /// The connections that no accept has taken, and since when.
    waiting: &'a [(u64, usize)],
}

impl Pending<'_> {
    /// The packet that made a socket readable, where none was before.
    fn wakes(&self, at: usize) -> Option<&Packet> {
        let call = &self.recording.calls[at];
        let result = call.result.as_deref()?;
        if !result.contains("read") && !result.contains("IN") {
            return None;
        }
        let lane = call.lane;
        let mine = |packet: &&Packet| {
            let to = packet.to == lane;
            let listener = || {
                let known =
                    self.places.connection(&packet.source, &packet.target);
                known.is_some_and(|connection| {
                    self.waiting.iter().any(|(_, c)| *c == connection)
                })
            };
            let third = || {
                shown(packet, &self.recording.packets)
                    && bare(packet)
                    && listener()
            };
            to && (packet.length > 0
                || shape_is(packet, "FIN")
                || shape_is(packet, "RST")
                || third())
        };
        let before = |packet: &&Packet| packet.at <= call.at;
        let ready = self
            .recording
            .packets
            .iter()
            .filter(before)
            .any(|p| mine(&p) && self.unread(p));
        if ready {
            return None;
        }
        let mut after =
            self.recording.packets.iter().filter(|p| p.at > call.at);
        after.find(mine)
    }

    /// Whether what the packet brought has not been read.
    fn unread(&self, packet: &Packet) -> bool {
        let Some(connection) =
            self.places.connection(&packet.source, &packet.target)
        else {
            return false;
        };
        if packet.length == 0 {
            return true;
        }
        let side = self.places.connections[connection].side(&packet.target);
        let read = self.read.get(&(connection, side)).copied().unwrap_or(0);
        u64::from(packet.seq) + u64::from(packet.length) > read + 1
    }
}
