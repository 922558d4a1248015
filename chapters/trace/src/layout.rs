//! From a recording to a picture: what stands where, before anybody draws it.
//!
//! Time runs downwards, one event to a row, in the order in which things
//! happened and not to scale. [`crate::svg`], [`crate::text`] and
//! [`crate::words`] all draw this one [`Picture`].

mod columns;
mod fold;
mod order;
mod rows;
mod states;
mod tell;

use std::fmt::Write as _;

use crate::recording::{Call, Recording};

pub use tell::{bytes, duration, grouped};

/// What a picture may be.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many rows it may have. Repetitions are folded until they fit; if
    /// that is not enough, rows are left out and counted.
    pub rows_at_most: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options { rows_at_most: 60 }
    }
}

/// A run, laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What was run.
    pub command: String,
    /// The check that drove it.
    pub check: Option<String>,
    /// The kernel that it ran on.
    pub system: String,
    /// What could not be recorded and why.
    pub missing: Vec<String>,
    /// Who took part, from left to right.
    pub columns: Vec<Column>,
    /// What happened, from top to bottom.
    pub rows: Vec<Row>,
    /// The calls, as far as they last.
    pub bars: Vec<Bar>,
    /// Whether some state was worked out from packets and not told by the
    /// kernel.
    pub inferred: bool,
    /// The calls that got no row: `socket × 8`.
    pub left_out: Vec<String>,
}

/// A process with its kernel's side; or the far side of a process that talks
/// to itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Whether a socket of it listens.
    pub listens: bool,
    /// Whether its kernel has anything to show: packets or states.
    pub rail: bool,
}

/// What a column stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A process whose calls were recorded.
    Program,
    /// A process that plays a peer; its calls were not recorded.
    Check,
    /// A process of which no call is known.
    Unknown,
    /// An address at which nobody listens.
    Nobody,
    /// The accepting sockets of a process that connects to itself.
    Far,
}

/// One event, and what the kernels made of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When.
    pub at: u64,
    /// A call that began, ended, or did both here.
    pub call: Option<CallPart>,
    /// A packet, or several of one kind.
    pub packet: Option<PacketPart>,
    /// Something else.
    pub event: Option<Event>,
    /// What the kernels' sides are now, as far as it is new.
    pub below: Vec<Below>,
    /// What waits in the kernels' queues from here on, per column.
    pub waiting: Vec<Waiting>,
    /// How often this row and its neighbours of the same count happened.
    pub times: usize,
    /// How many rows, from this one on, are repeated together; 0 in all but
    /// the first row of such a block.
    pub block: usize,
    /// Whether the rows of its block came in turn, each as often as its own
    /// `times` says.
    pub mixed: bool,
}

/// A call in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallPart {
    /// Which call: a place in the recording.
    pub index: usize,
    /// Who called: a place in [`Picture::columns`].
    pub column: usize,
    /// Which thread of it; the first is 0.
    pub thread: usize,
    /// Its name.
    pub name: String,
    /// Its arguments.
    pub args: String,
    /// What came back, the error's name with it; `None`: it never returned.
    pub result: Option<String>,
    /// The error's name.
    pub errno: Option<String>,
    /// Which part of it is seen here.
    pub phase: Phase,
    /// How long it took.
    pub took: Option<u64>,
    /// The sum of the bytes that it and its repetitions brought or took.
    pub moved: u64,
    /// The address of the socket's other end, where it is known.
    pub peer: Option<String>,
    /// The column of the socket's other end.
    pub peer_column: Option<usize>,
}

/// Which part of a call is seen in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// All of it.
    Whole,
    /// It begins, and other things happen before it returns.
    Begin,
    /// It returns.
    End,
    /// It begins and never returns.
    Never,
    /// It begins, and this signal interrupts it; the kernel starts it again.
    Interrupted(String),
}

/// Packets in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketPart {
    /// Whose kernel sent it: a place in [`Picture::columns`].
    pub from: usize,
    /// Whose kernel got it.
    pub to: usize,
    /// What it is.
    pub shape: Shape,
    /// Whether it was sent before.
    pub again: bool,
    /// How many there were.
    pub count: usize,
    /// How many bytes of the stream they carried.
    pub length: u64,
    /// The first of these bytes, escaped.
    pub head: String,
    /// Whether these are all the bytes.
    pub whole: bool,
    /// The bytes one by one and the place of the urgent one, where a packet
    /// has one. The bytes are empty where there are too many.
    pub urgent: Option<Urgent>,
    /// Why nothing answered it, where nothing did.
    pub unanswered: Option<String>,
    /// The descriptor of the connecting socket, where its process has several
    /// connections to this peer.
    pub socket: Option<i32>,
    /// The call that sent it or waited for it: a place in the recording.
    pub call: Option<usize>,
}

/// An urgent byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urgent {
    /// The packet's bytes, each escaped.
    pub bytes: Vec<String>,
    /// Which of them the pointer designates, from 0.
    pub place: usize,
}

/// What a packet is, as far as it is drawn differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// It asks for a connection.
    Syn,
    /// It agrees to one.
    SynAck,
    /// All three of the handshake, in a picture that has no room for them.
    Open,
    /// It confirms, and no more.
    Ack,
    /// It carries bytes.
    Data,
    /// It says that the stream ends (and may carry the last bytes).
    Fin,
    /// It says that there is no such connection any more.
    Rst,
}

/// What is neither call nor packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A process got a signal.
    Signal {
        /// Which process: a place in [`Picture::columns`].
        column: usize,
        /// `SIGURG`.
        name: String,
    },
    /// A process ended.
    End {
        /// Which process.
        column: usize,
        /// `exit 0`, `killed by SIGKILL`.
        how: String,
        /// Whether nobody had to end it and its exit code was 0.
        well: bool,
    },
    /// A check did something.
    Step {
        /// As whom it did it.
        column: usize,
        /// What.
        text: String,
    },
    /// A check found something else than the task says.
    Failure {
        /// As whom it found it.
        column: usize,
        /// What it expected, what came.
        text: String,
    },
    /// Nothing happened.
    Gap {
        /// For so long.
        micros: u64,
    },
    /// Some events are left out.
    Cut {
        /// So many.
        events: usize,
    },
}

/// Something new of a kernel's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Below {
    /// Whose: a place in [`Picture::columns`].
    pub column: usize,
    /// Of which socket: its address and the peer's.
    pub socket: (String, String),
    /// What.
    pub what: Fact,
    /// The number of the connecting socket, where it is needed to tell
    /// connections apart.
    pub tag: Option<i32>,
}

/// What is to be known of a kernel's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// The state of a socket, and whether it follows from the packets alone.
    State {
        /// As RFC 9293 spells it.
        name: String,
        /// Whether no kernel was asked.
        inferred: bool,
    },
    /// An accept queue: how many connections wait, and the backlog.
    Accept {
        /// How many wait.
        wait: u32,
        /// What `listen` was given.
        backlog: u32,
    },
    /// Bytes that the program has not read.
    Unread(u32),
    /// Bytes that the peer's kernel has not confirmed.
    Unconfirmed(u32),
    /// The process is gone, and its kernel closes its sockets.
    Closes,
}

/// What waits in a column's queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Whose.
    pub column: usize,
    /// Connections in accept queues.
    pub accept: u32,
    /// Bytes not read.
    pub unread: u32,
    /// Bytes not confirmed by the peer's kernel.
    pub unconfirmed: u32,
}

/// A call from its beginning to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Who called.
    pub column: usize,
    /// The row in which it begins.
    pub first: usize,
    /// The row in which it ends.
    pub last: usize,
    /// Whether the process slept in it while others worked.
    pub blocked: bool,
    /// Whether it never ended.
    pub open: bool,
    /// Whether it failed.
    pub failed: bool,
    /// Which of the calls that overlap in this column it is, from 0.
    pub place: usize,
}

/// Lays a recording out.
#[must_use]
pub fn layout(recording: &Recording, options: &Options) -> Picture {
    let recording = &tell::cleaned(recording);
    let places = columns::Places::new(recording);
    let order = order::Order::new(recording, &places);
    let mut rows = rows::rows(recording, &places, &order);
    let left_out = fold::fold(&mut rows, options.rows_at_most.max(4));
    let inferred = rows
        .iter()
        .flat_map(|row| &row.below)
        .any(|below| matches!(below.what, Fact::State { inferred: true, .. }));
    let mut columns = places.columns;
    for row in &rows {
        if let Some(packet) = &row.packet {
            columns[packet.from].rail = true;
            columns[packet.to].rail = true;
        }
        for below in &row.below {
            columns[below.column].rail = true;
        }
    }
    Picture {
        command: recording.command.clone(),
        check: recording.check.clone(),
        system: recording.system.clone(),
        missing: recording.missing.clone(),
        bars: rows::bars(&rows),
        columns,
        rows,
        inferred,
        left_out,
    }
}

impl Picture {
    /// The name of a column, as it stands in a sentence.
    #[must_use]
    pub fn name(&self, column: usize) -> &str {
        self.columns.get(column).map_or("?", |c| c.name.as_str())
    }
}

impl Picture {
    /// What is to be said under the picture, in which a state that follows
    /// from packets alone is set `apart`: in italics.
    #[must_use]
    pub fn feet(&self, apart: &str) -> Vec<String> {
        let mut feet = Vec::new();
        if self.inferred {
            feet.push(format!(
                "States {apart} follow from the packets; the others the \
                 kernel named when it was asked."
            ));
        }
        if !self.left_out.is_empty() {
            feet.push(format!("Not drawn: {}.", self.left_out.join(", ")));
        }
        for missing in &self.missing {
            feet.push(format!("Not recorded: {missing}."));
        }
        feet
    }
}

impl CallPart {
    fn new(index: usize, call: &Call, column: usize, phase: Phase) -> CallPart {
        let result = match (&call.result, &call.errno) {
            (Some(result), Some(errno)) if result == "-1" => {
                Some(format!("-1 {errno}"))
            }
            (result, _) => result.clone(),
        };
        CallPart {
            index,
            column,
            thread: call.thread,
            name: call.name.clone(),
            args: call.args.clone(),
            result,
            errno: call.errno.clone(),
            phase,
            took: call.took,
            // A peek leaves the bytes where they are.
            moved: if call.args.contains("MSG_PEEK") {
                0
            } else {
                tell::moved(call) * u64::from(call.times)
            },
            peer: None,
            peer_column: None,
        }
    }

    /// As strace would write it: `accept(3) = 4`; what of it is seen here.
    #[must_use]
    pub fn text(&self) -> String {
        if self.several() {
            return self.name.clone();
        }
        let call = format!("{}({})", self.name, self.args);
        match &self.phase {
            Phase::Whole => format!("{call}{}", self.outcome()),
            Phase::Begin => format!("{call} …"),
            Phase::End => {
                let mut text = self.outcome().trim_start().to_owned();
                if let Some(took) = self.took.filter(|took| *took >= 1000) {
                    text.push_str(" after ");
                    text.push_str(&duration(took));
                }
                text
            }
            Phase::Never => format!("{call} never returned"),
            Phase::Interrupted(_) => format!("{call} … interrupted"),
        }
    }

    /// Whether it stands for several calls, one after the other.
    #[must_use]
    pub fn several(&self) -> bool {
        self.name.contains(", ") || self.name.contains(" × ")
    }

    /// ` = 4`.
    #[must_use]
    pub fn outcome(&self) -> String {
        match &self.result {
            Some(result) => format!(" = {result}"),
            None => " = ?".to_owned(),
        }
    }

    /// Whether the row shows that it failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.errno.is_some() && matches!(self.phase, Phase::Whole | Phase::End)
    }

    /// Whether it failed with an error that says *not yet*.
    #[must_use]
    pub fn not_yet(&self) -> bool {
        matches!(
            self.errno.as_deref(),
            Some(
                "EAGAIN" | "EWOULDBLOCK" | "EINPROGRESS" | "EALREADY" | "EINTR"
            )
        )
    }

    /// How often the rows of a fold stand for it: `24 times, 98,304 bytes in
    /// all`.
    #[must_use]
    pub fn repeated(&self, times: usize) -> String {
        let times = format!("{} times", grouped(times as u64));
        if self.moved > 0 && self.errno.is_none() {
            format!("{times}, {} in all", bytes(self.moved))
        } else {
            times
        }
    }
}

impl Row {
    /// What stands above a block of rows that are repeated together.
    #[must_use]
    pub fn heading(&self) -> String {
        if self.mixed {
            return "what follows, in turn:".to_owned();
        }
        format!("what follows, {} times:", grouped(self.times as u64))
    }
}

impl PacketPart {
    /// What it says: `SYN + ACK`, `"hello" 5 bytes`; and which connection it
    /// belongs to, unless that is `tagged` beside it.
    #[must_use]
    pub fn label(&self, tagged: bool) -> String {
        let data = self.data();
        let mut label = match self.shape {
            Shape::Syn => "SYN".to_owned(),
            Shape::SynAck => "SYN + ACK".to_owned(),
            Shape::Ack => "ACK".to_owned(),
            Shape::Open => "SYN, SYN + ACK, ACK".to_owned(),
            Shape::Data => data,
            Shape::Fin if self.length > 0 => {
                format!("{data}, then FIN: end of stream")
            }
            Shape::Fin => "FIN: end of stream".to_owned(),
            Shape::Rst => "RST: reset".to_owned(),
        };
        if self.again {
            label.insert_str(0, "again: ");
        }
        let plain = matches!(self.shape, Shape::SynAck | Shape::Ack);
        if let Some(socket) = self.socket.filter(|_| !tagged && !plain) {
            let _ = write!(label, " (socket {socket})");
        }
        label
    }

    /// Whether its call says all that it says.
    #[must_use]
    pub fn said_by(&self, call: Option<&CallPart>) -> bool {
        self.shape == Shape::Data
            && self.count == 1
            && !self.again
            && self.urgent.is_none()
            && call.is_some_and(|call| call.moved == self.length)
    }

    fn data(&self) -> String {
        let total = bytes(self.length);
        if self.count > 1 {
            return format!("{} packets, {total}", grouped(self.count as u64));
        }
        match &self.urgent {
            Some(urgent)
                if urgent.bytes.is_empty()
                    && (urgent.place as u64) < self.length =>
            {
                format!(
                    "{total}, byte {} is urgent",
                    grouped(urgent.place as u64 + 1)
                )
            }
            Some(urgent) if urgent.place as u64 >= self.length => {
                format!("{total}, an urgent byte is still to come")
            }
            _ if self.whole && self.head.chars().count() <= 24 => {
                format!("\"{}\" {total}", self.head)
            }
            _ => total,
        }
    }
}

impl Fact {
    /// As it stands beside a kernel's line.
    #[must_use]
    pub fn text(&self, tag: Option<i32>) -> String {
        let text = match self {
            Fact::State { name, .. } => name.clone(),
            Fact::Accept { wait, backlog } => {
                let verb = if *wait == 1 { "waits" } else { "wait" };
                format!("accept queue: {wait} {verb} (backlog {backlog})")
            }
            Fact::Unread(number) => {
                let verb = if *number == 1 { "waits" } else { "wait" };
                format!("{} {verb}", bytes((*number).into()))
            }
            Fact::Unconfirmed(number) => {
                format!("{} not confirmed", bytes((*number).into()))
            }
            Fact::Closes => "its kernel closes its sockets".to_owned(),
        };
        match tag {
            Some(tag) => format!("{tag}: {text}"),
            None => text,
        }
    }
}

impl Event {
    /// As it stands in the picture.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Event::Signal { name, .. } => format!("signal {name}"),
            Event::End { how, .. } => how.clone(),
            Event::Step { text, .. } | Event::Failure { text, .. } => {
                text.clone()
            }
            Event::Gap { micros } => format!("{} pass", duration(*micros)),
            Event::Cut { events } => {
                format!("… {} more events", grouped(*events as u64))
            }
        }
    }

    /// Whose event it is, if it is one's.
    #[must_use]
    pub fn column(&self) -> Option<usize> {
        match self {
            Event::Signal { column, .. }
            | Event::End { column, .. }
            | Event::Step { column, .. }
            | Event::Failure { column, .. } => Some(*column),
            Event::Gap { .. } | Event::Cut { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
