//! The rows: each event, and what the kernels' sides are after it.

use std::collections::BTreeMap;

use super::columns::{Places, shape_is};
use super::order::{self, Event as Happened, Order};
use super::states::{self, States};
use super::tell::{moved, reads};
use super::{
    Bar, Below, CallPart, Event, Fact, PacketPart, Phase, Row, Shape, Urgent,
    Waiting,
};
use crate::recording::{Look, Packet, Recording, What};

/// Silence that gets a row of its own, in microseconds.
pub(super) const GAP: u64 = 100_000;

/// The most bytes that are drawn one by one.
const CELLS: usize = 12;

/// A recording, row by row.
pub(super) fn rows(
    recording: &Recording,
    places: &Places,
    order: &Order,
) -> Vec<Row> {
    let mut builder = Builder {
        recording,
        places,
        order,
        rows: Vec::new(),
        states: States::new(places),
        accept: BTreeMap::new(),
        unread: BTreeMap::new(),
        unconfirmed: BTreeMap::new(),
        merged: vec![false; recording.packets.len()],
        queued: BTreeMap::new(),
        before: 0,
    };
    for event in &order.events {
        builder.event(*event);
    }
    builder.rows
}

struct Builder<'a> {
    recording: &'a Recording,
    places: &'a Places,
    order: &'a Order,
    rows: Vec<Row>,
    states: States,
    /// Connections that wait, and the backlog: of each listening address.
    accept: BTreeMap<String, (usize, u32, u32)>,
    /// Bytes not read, of each connection's sides.
    unread: BTreeMap<(usize, usize), u32>,
    /// Bytes not confirmed, of each connection's sides.
    unconfirmed: BTreeMap<(usize, usize), u32>,
    /// Packets that stand in the row of their call.
    merged: Vec<bool>,
    /// The newest row in which something came into the accept queue of each
    /// port, or out of it.
    queued: BTreeMap<String, usize>,
    /// When the last row was.
    before: u64,
}

impl Builder<'_> {
    fn event(&mut self, event: Happened) {
        match event {
            Happened::Begin(call) => self.begin(call),
            Happened::End(call) => self.end(call),
            Happened::Packet(packet) => self.packet(packet),
            Happened::Look(look) => {
                let look = &self.recording.looks[look];
                if look.remote.is_some() {
                    self.look(look);
                } else {
                    self.look_at_listener(look);
                }
            }
            Happened::Note(note) => {
                let note = &self.recording.notes[note];
                let column = self.places.column(note.lane);
                let event = match &note.what {
                    What::Signal(name) => Event::Signal {
                        column,
                        name: name.clone(),
                    },
                    What::Step(text) => Event::Step {
                        column,
                        text: text.clone(),
                    },
                    What::Failure(text) => Event::Failure {
                        column,
                        text: text.clone(),
                    },
                };
                let row = self.push(note.at);
                row.event = Some(event);
            }
            Happened::LaneEnd(lane) => {
                let column = self.places.column(lane);
                let Some(end) = &self.recording.lanes[lane].end else {
                    return;
                };
                let row = self.push(end.at);
                row.event = Some(Event::End {
                    column,
                    how: end.how.clone(),
                    well: end.well,
                });
            }
        }
    }

    /// A new row, after one for the silence before it.
    fn push(&mut self, at: u64) -> &mut Row {
        let silence = at.saturating_sub(self.before);
        if silence >= GAP && !self.rows.is_empty() {
            let mut row = self.empty(self.before);
            row.event = Some(Event::Gap { micros: silence });
            self.rows.push(row);
        }
        self.before = self.before.max(at);
        let row = self.empty(at);
        self.rows.push(row);
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    fn empty(&self, at: u64) -> Row {
        Row {
            at,
            call: None,
            packet: None,
            event: None,
            below: Vec::new(),
            waiting: self.waiting(),
            times: 1,
            block: 0,
            mixed: false,
        }
    }

    fn waiting(&self) -> Vec<Waiting> {
        let mut all: Vec<Waiting> = (0..self.places.columns.len())
            .map(|column| Waiting {
                column,
                accept: 0,
                unread: 0,
                unconfirmed: 0,
            })
            .collect();
        for (column, wait, _) in self.accept.values() {
            all[*column].accept += wait;
        }
        let column = |key: &(usize, usize)| {
            self.places.connections[key.0].columns[key.1]
        };
        for (key, number) in &self.unread {
            all[column(key)].unread += number;
        }
        for (key, number) in &self.unconfirmed {
            all[column(key)].unconfirmed += number;
        }
        all.retain(|w| w.accept + w.unread + w.unconfirmed > 0);
        all
    }

    fn begin(&mut self, index: usize) {
        let recording = self.recording;
        let call = &recording.calls[index];
        let column = self.places.column(call.lane);
        let phase = if self.order.open.contains(&index) {
            Phase::Never
        } else if let Some(note) = self.order.interrupted.get(&index) {
            match &recording.notes[*note].what {
                What::Signal(name) => Phase::Interrupted(name.clone()),
                _ => Phase::Begin,
            }
        } else if self.order.blocked.contains(&index) {
            Phase::Begin
        } else {
            Phase::Whole
        };
        if phase == Phase::Whole {
            self.take(index);
        }
        let mut part = CallPart::new(index, call, column, phase.clone());
        self.peer(index, &mut part);
        // Its first packet stands in the same row, if it comes at once.
        let first = self.order.own[index].first().copied();
        let first = first.filter(|p| {
            let packet = &recording.packets[*p];
            packet.at < call.at + GAP
        });
        let listen = call.name == "listen" && call.errno.is_none();
        let local = call.socket.clone().unwrap_or_default();
        let listening = self.places.listening(call.lane);
        let row = self
            .push(call.at.max(first.map_or(0, |p| recording.packets[p].at)));
        row.call = Some(part);
        row.times = call.times as usize;
        row.block = usize::from(call.times > 1);
        if listen {
            let confirmed = recording.looks.iter().any(|look| {
                look.remote.is_none()
                    && look.local == local
                    && look.state == "LISTEN"
            });
            row.below.push(Below {
                column: listening,
                socket: (local, String::new()),
                what: Fact::State {
                    name: "LISTEN".to_owned(),
                    inferred: !confirmed,
                },
                tag: None,
            });
        }
        if phase == Phase::Whole {
            let end = call.at + call.took.unwrap_or(0);
            self.before = self.before.max(end);
        }
        if let Some(first) = first {
            self.merged[first] = true;
            self.arrow(first);
        }
    }

    fn end(&mut self, index: usize) {
        if !self.order.blocked.contains(&index)
            || self.order.interrupted.contains_key(&index)
        {
            return;
        }
        self.take(index);
        let call = &self.recording.calls[index];
        let column = self.places.column(call.lane);
        let mut part = CallPart::new(index, call, column, Phase::End);
        self.peer(index, &mut part);
        let at = call.at + call.took.unwrap_or(0);
        let row = self.push(at);
        row.call = Some(part);
    }

    /// Who is at the other end of the call's socket.
    fn peer(&self, index: usize, part: &mut CallPart) {
        let call = &self.recording.calls[index];
        let socket = call
            .socket
            .as_deref()
            .and_then(|socket| self.places.socket(socket));
        let accepted = || Some((*self.order.accepted.get(&index)?, 1));
        let own = || {
            let packet = *self.order.own[index].first()?;
            let packet = &self.recording.packets[packet];
            let connection =
                self.places.connection(&packet.source, &packet.target)?;
            let connection_ = &self.places.connections[connection];
            Some((connection, connection_.side(&packet.source)))
        };
        if let Some((connection, side)) = socket.or_else(accepted).or_else(own)
        {
            let connection = &self.places.connections[connection];
            part.peer = Some(connection.addresses[1 - side].clone());
            part.peer_column = Some(connection.columns[1 - side]);
        }
    }

    /// A call takes what waited for it.
    fn take(&mut self, index: usize) {
        let call = &self.recording.calls[index];
        if let Some(connection) = self.order.accepted.get(&index) {
            let address = &self.places.connections[*connection].addresses[1];
            let own = port(address).to_owned();
            for (listener, (_, wait, _)) in &mut self.accept {
                if port(listener) == own {
                    *wait = wait.saturating_sub(1);
                }
            }
            // The row that it is about to get.
            self.queued.insert(own, self.rows.len());
        }
        if !reads(&call.name)
            || call.args.contains("MSG_PEEK")
            || call.args.contains("MSG_OOB")
        {
            return;
        }
        let key = call.socket.as_deref().and_then(|s| self.places.socket(s));
        if let Some(unread) = key.and_then(|key| self.unread.get_mut(&key)) {
            let moved = u32::try_from(moved(call)).unwrap_or(u32::MAX);
            *unread = unread.saturating_sub(moved);
        }
    }

    fn packet(&mut self, index: usize) {
        if self.merged[index] {
            return;
        }
        let packet = &self.recording.packets[index];
        if order::shown(packet, &self.recording.packets) {
            self.push(packet.at);
            self.arrow(index);
            return;
        }
        let places = self.places;
        if let Some(connection) =
            places.connection(&packet.source, &packet.target)
        {
            let side = places.connections[connection].side(&packet.source);
            self.states.packet(connection, side, packet);
        }
    }

    /// Puts the packet into the last row.
    fn arrow(&mut self, index: usize) {
        let recording = self.recording;
        let packet = &recording.packets[index];
        let Some(connection) =
            self.places.connection(&packet.source, &packet.target)
        else {
            return;
        };
        let known = &self.places.connections[connection];
        let side = known.side(&packet.source);
        let changes = self.states.packet(connection, side, packet);
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        row.packet = Some(PacketPart {
            from: known.columns[side],
            to: known.columns[1 - side],
            shape: shape(packet),
            again: packet.again,
            count: 1,
            length: packet.length.into(),
            head: packet.head.clone(),
            whole: unescaped(&packet.head).len() == packet.length as usize,
            urgent: urgent(packet),
            unanswered: unanswered(recording, index),
            socket: known.tag,
            call: self.order.owner.get(&index).copied(),
        });
        let orphan = !self.order.owner.contains_key(&index)
            && left_behind(recording, packet);
        if let Some(row) = self.rows.last_mut().filter(|_| orphan) {
            row.below.push(Below {
                column: known.columns[side],
                socket: (packet.source.clone(), packet.target.clone()),
                what: Fact::Closes,
                tag: None,
            });
        }
        let place = self.rows.len() - 1;
        if side == 0 {
            self.queued
                .insert(port(&known.addresses[1]).to_owned(), place);
        }
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        for (side, state) in changes {
            if known.columns[side] == known.columns[1 - side] {
                continue;
            }
            let below = Below {
                column: known.columns[side],
                socket: (
                    known.addresses[side].clone(),
                    known.addresses[1 - side].clone(),
                ),
                what: Fact::State {
                    name: state.to_owned(),
                    inferred: true,
                },
                tag: known.tag.filter(|_| side == 0),
            };
            row.below.push(below);
        }
    }

    fn look_at_listener(&mut self, look: &Look) {
        if look.state != "LISTEN" {
            self.accept.remove(&look.local);
            return;
        }
        let column = self.places.listening(look.lane);
        let (wait, backlog) = (look.receive_queue, look.send_queue);
        let place = self.accept.entry(look.local.clone());
        let (_, before, _) = *place.or_insert((column, 0, backlog));
        self.accept
            .insert(look.local.clone(), (column, wait, backlog));
        if wait == before {
            return;
        }
        // It is the packet that filled it, or the call that emptied it.
        let at = self.queued.get(port(&look.local)).copied();
        let last = self.rows.len().saturating_sub(1);
        let at = at.unwrap_or(last);
        if wait > before {
            let below = Below {
                column,
                socket: (look.local.clone(), String::new()),
                what: Fact::Accept { wait, backlog },
                tag: None,
            };
            self.attach(at, below);
        }
        self.wait_from(at, column);
    }

    fn look(&mut self, look: &Look) {
        let remote = look.remote.clone().unwrap_or_default();
        let Some(connection) = self.places.connection(&look.local, &remote)
        else {
            return;
        };
        let known = &self.places.connections[connection];
        let side = known.side(&look.local);
        let column = known.columns[side];
        let socket = (look.local.clone(), remote.clone());
        let tag = known.tag.filter(|_| side == 0);
        let newest = self.rows.iter().rposition(|row| {
            row.below.iter().any(|below| {
                below.socket == socket
                    && matches!(below.what, Fact::State { .. })
            })
        });
        // Where no such socket is left, its kernel closed it.
        let told = states::known(&look.state).or_else(|| {
            let now = self.states.get(connection, side);
            (look.state == "gone" && now == "CLOSED").then_some("CLOSED")
        });
        // A kernel that was asked before the packet, and heard after it.
        let told = told.filter(|told| {
            let now = self.states.get(connection, side);
            states::progress(told) >= states::progress(now)
        });
        if let (Some(told), Some(newest)) = (told, newest) {
            let label = self.rows[newest].below.iter_mut().find_map(|below| {
                let mine = below.socket == socket;
                match &mut below.what {
                    Fact::State { name, inferred } if mine => {
                        Some((name, inferred))
                    }
                    _ => None,
                }
            });
            if let Some((name, inferred)) = label {
                if *name == told {
                    *inferred = false;
                } else if told != "CLOSED"
                    && told != self.states.get(connection, side)
                {
                    let below = Below {
                        column,
                        socket: socket.clone(),
                        what: Fact::State {
                            name: told.to_owned(),
                            inferred: false,
                        },
                        tag,
                    };
                    let last = self.rows.len() - 1;
                    self.attach(last, below);
                }
                self.states.set(connection, side, told);
            }
        }
        self.queues(look, (connection, side));
    }

    /// What waits in the queues of a connected socket.
    fn queues(&mut self, look: &Look, (connection, side): (usize, usize)) {
        let known = &self.places.connections[connection];
        let column = known.columns[side];
        let tag = known.tag.filter(|_| side == 0);
        let remote = known.addresses[1 - side].clone();
        let socket = (look.local.clone(), remote.clone());
        if states::known(&look.state).is_none() {
            self.unread.remove(&(connection, side));
            self.unconfirmed.remove(&(connection, side));
            return;
        }
        let key = (connection, side);
        let unread = self.unread.insert(key, look.receive_queue).unwrap_or(0);
        let unconfirmed =
            self.unconfirmed.insert(key, look.send_queue).unwrap_or(0);
        let (from, to) = (known.columns[1 - side], column);
        if look.receive_queue != unread {
            let row = self.rows.iter().rposition(|row| {
                row.packet
                    .as_ref()
                    .is_some_and(|p| (p.from, p.to) == (from, to))
                    || row.call.as_ref().is_some_and(|call| {
                        call.moved > 0
                            && reads(&call.name)
                            && call.peer.as_deref() == Some(&remote)
                    })
            });
            if let Some(row) = row {
                let arrived = self.rows[row]
                    .packet
                    .as_ref()
                    .is_some_and(|p| p.length > 0);
                if look.receive_queue > unread && arrived {
                    self.attach(
                        row,
                        Below {
                            column,
                            socket: socket.clone(),
                            what: Fact::Unread(look.receive_queue),
                            tag,
                        },
                    );
                }
                self.wait_from(row, column);
            }
        }
        if look.send_queue != unconfirmed {
            let row = self.rows.iter().rposition(|row| {
                let mine = |call: &CallPart| call.column == column;
                row.packet
                    .as_ref()
                    .is_some_and(|p| (p.from, p.to) == (to, from))
                    || row.call.as_ref().is_some_and(mine)
            });
            if let Some(row) = row {
                if look.send_queue > unconfirmed {
                    self.attach(
                        row,
                        Below {
                            column,
                            socket,
                            what: Fact::Unconfirmed(look.send_queue),
                            tag,
                        },
                    );
                }
                self.wait_from(row, column);
            }
        }
    }

    /// Adds a fact to a row; a newer one of its kind takes the place of the
    /// older.
    fn attach(&mut self, row: usize, below: Below) {
        let Some(row) = self.rows.get_mut(row) else {
            return;
        };
        let same = |other: &Below| {
            other.socket == below.socket
                && std::mem::discriminant(&other.what)
                    == std::mem::discriminant(&below.what)
        };
        match row.below.iter_mut().find(|other| same(other)) {
            Some(other) => *other = below,
            None => row.below.push(below),
        }
    }

    /// What waits at a column now has waited since this row.
    fn wait_from(&mut self, row: usize, column: usize) {
        let mut now = self.waiting();
        now.retain(|waiting| waiting.column == column);
        for row in self.rows.iter_mut().skip(row) {
            row.waiting.retain(|waiting| waiting.column != column);
            row.waiting.extend(now.iter().copied());
            row.waiting.sort_by_key(|waiting| waiting.column);
        }
    }
}

/// The port of an address.
fn port(address: &str) -> &str {
    address.rsplit(':').next().unwrap_or(address)
}

fn shape(packet: &Packet) -> Shape {
    let is = |flag| shape_is(packet, flag);
    if is("RST") {
        Shape::Rst
    } else if is("SYN") && is("ACK") {
        Shape::SynAck
    } else if is("SYN") {
        Shape::Syn
    } else if is("FIN") {
        Shape::Fin
    } else if packet.length > 0 || is("URG") {
        Shape::Data
    } else {
        Shape::Ack
    }
}

/// How long after a process was killed its end is seen, in microseconds.
const DEATH: u64 = 20_000;

/// Whether it is a kernel's word for a process that was killed.
fn left_behind(recording: &Recording, packet: &Packet) -> bool {
    let last = |end: &crate::recording::End| {
        end.how.starts_with("killed")
            && packet.at <= end.at + DEATH
            && end.at <= packet.at + DEATH
    };
    matches!(shape(packet), Shape::Fin | Shape::Rst)
        && recording.lanes[packet.from].end.as_ref().is_some_and(last)
        && !recording
            .calls
            .iter()
            .any(|call| call.lane == packet.from && call.at > packet.at)
}

/// Why a SYN had no answer, as far as the recording shows it.
fn unanswered(recording: &Recording, index: usize) -> Option<String> {
    let packet = &recording.packets[index];
    if shape(packet) != Shape::Syn {
        return None;
    }
    let after = recording.packets.iter().skip(index + 1);
    let next_syn = after
        .clone()
        .find(|p| {
            p.source == packet.source
                && p.target == packet.target
                && shape_is(p, "SYN")
        })
        .map_or(u64::MAX, |p| p.at);
    let answered = after.clone().any(|p| {
        p.source == packet.target
            && p.target == packet.source
            && p.at <= next_syn
    });
    if answered {
        return None;
    }
    let full = recording
        .looks
        .iter()
        .filter(|look| {
            look.state == "LISTEN"
                && port(&look.local) == port(&packet.target)
                && (look.remote.is_none()
                    || look.remote.as_deref() == Some(&packet.source))
        })
        .rfind(|look| look.at <= packet.at)
        .is_some_and(|look| look.receive_queue > look.send_queue);
    Some(if full {
        "dropped: the accept queue is full".to_owned()
    } else {
        "no answer".to_owned()
    })
}

fn urgent(packet: &Packet) -> Option<Urgent> {
    let place = usize::from(packet.urgent?).checked_sub(1)?;
    let bytes = unescaped(&packet.head);
    let length = packet.length as usize;
    let drawn = length <= CELLS && bytes.len() == length && place < length;
    Some(Urgent {
        bytes: if drawn { bytes } else { Vec::new() },
        place,
    })
}

/// The bytes of a text that is escaped as in a Rust string, each as such.
fn unescaped(head: &str) -> Vec<String> {
    let mut bytes = Vec::new();
    let mut rest = head;
    while let Some(first) = rest.chars().next() {
        let length = match rest.as_bytes() {
            [b'\\', b'x', ..] => 4.min(rest.len()),
            [b'\\', _, ..] => 2,
            _ => first.len_utf8(),
        };
        let (byte, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        bytes.push(byte.to_owned());
        rest = after;
    }
    bytes
}

/// The calls of these rows, from where they begin to where they end.
pub(super) fn bars(rows: &[Row]) -> Vec<Bar> {
    let mut bars: Vec<Bar> = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(call) = &row.call else { continue };
        let last = match &call.phase {
            Phase::End => continue,
            Phase::Whole => {
                // As far as its own packets go.
                let own = |row: &&Row| {
                    row.packet
                        .as_ref()
                        .is_some_and(|p| p.call == Some(call.index))
                };
                at + rows[at + 1..].iter().take_while(own).count()
            }
            Phase::Begin => rows
                .iter()
                .skip(at)
                .position(|row| {
                    row.call.as_ref().is_some_and(|end| {
                        end.index == call.index && end.phase == Phase::End
                    })
                })
                .map_or(at, |offset| at + offset),
            Phase::Interrupted(signal) => rows
                .iter()
                .skip(at)
                .position(|row| {
                    row.event.as_ref().is_some_and(|event| {
                        matches!(event, Event::Signal { column, name }
                            if *column == call.column && name == signal)
                    })
                })
                .map_or(at, |offset| at + offset),
            Phase::Never => rows
                .iter()
                .rposition(|row| {
                    matches!(&row.event, Some(Event::End { column, .. })
                        if *column == call.column)
                })
                .unwrap_or(rows.len() - 1),
        };
        let end = rows[last].call.as_ref();
        let end = end.filter(|e| e.index == call.index).or(Some(call));
        let place = bars
            .iter()
            .filter(|bar| bar.column == call.column && bar.last >= at)
            .filter(|bar| bar.last > bar.first)
            .count();
        bars.push(Bar {
            column: call.column,
            first: at,
            last,
            blocked: call.phase != Phase::Whole,
            open: call.phase == Phase::Never,
            failed: end.is_some_and(|end| {
                end.index == call.index && end.failed() && !end.not_yet()
            }),
            place,
        });
    }
    bars
}
