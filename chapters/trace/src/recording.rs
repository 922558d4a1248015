//! What was seen of a run: `recorded/*.json`, and the only thing that a
//! picture is drawn from.
//!
//! All times are microseconds since the recording began, on one clock: the
//! machine's real-time clock, by which the kernel stamps packets and strace
//! stamps calls.

use serde::{Deserialize, Serialize};

/// The format of a recording. A change that a reader of the old one would
/// misunderstand gets a new number.
pub const FORMAT: &str = "sockets-with-connections/trace/v1";

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Always [`FORMAT`].
    pub format: String,
    /// What was run, as a reader would type it: `accept`, `ex-greeter`.
    pub command: String,
    /// The check that drove it, if one did: `greeter/the_first_client_…`.
    pub check: Option<String>,
    /// The kernel: `Linux 6.18.5`.
    pub system: String,
    /// What could not be recorded and why, a sentence each.
    pub missing: Vec<String>,
    /// Who took part, in the order of their start.
    pub lanes: Vec<Lane>,
    /// The socket calls, by the time at which they began.
    pub calls: Vec<Call>,
    /// The packets of TCP, by the time at which they were seen.
    pub packets: Vec<Packet>,
    /// What the kernel said of the sockets, when it was something new.
    pub looks: Vec<Look>,
    /// What else happened: signals, steps of a check.
    pub notes: Vec<Note>,
}

/// A process that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Its name: `server`, `client A`.
    pub name: String,
    /// What it is.
    pub role: Role,
    /// How it ended and when, if that was seen.
    pub end: Option<End>,
}

/// What a lane is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A process whose calls were recorded.
    Program,
    /// The process of a check, which plays the peers. Its calls were not
    /// recorded; its steps are notes.
    Check,
    /// An address whose process is not known: calls were not recorded, or
    /// nobody is there.
    Unknown,
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at: u64,
    /// `exit 0`, `killed by SIGKILL`.
    pub how: String,
    /// Whether nobody had to end it and its exit code was 0.
    pub well: bool,
}

/// A call on a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Who called: a place in [`Recording::lanes`].
    pub lane: usize,
    /// Which thread of it; the first is 0.
    pub thread: usize,
    /// When it began.
    pub at: u64,
    /// How long it took; `None`: it never returned.
    pub took: Option<u64>,
    /// As the program's author wrote it: `recv`, where the system call is
    /// `recvfrom`.
    pub name: String,
    /// Its arguments, those that tell something: `3, 127.0.0.1:5555`.
    pub args: String,
    /// What came back: `4`, `-1`, `5 "hello"`.
    pub result: Option<String>,
    /// The error's name.
    pub errno: Option<String>,
    /// The descriptor that it was about.
    pub fd: Option<i32>,
    /// What the kernel knew of that socket then: `LOCAL` or `LOCAL->REMOTE`.
    pub socket: Option<String>,
    /// Of an accept, the connection that it brought: `LOCAL->REMOTE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brought: Option<String>,
    /// How often it was called in a row, with this very outcome and nothing
    /// else happening in between. `took` is the time of all.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_once(times: &u32) -> bool {
    *times == 1
}

/// A packet of TCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packet {
    /// When it was seen on the loopback interface, which is when it was sent
    /// and when it arrived.
    pub at: u64,
    /// Whose socket sent it: a place in [`Recording::lanes`].
    pub from: usize,
    /// Whose socket it was for.
    pub to: usize,
    /// The sender's address.
    pub source: String,
    /// The receiver's address.
    pub target: String,
    /// Its flags, in this order: SYN, FIN, RST, PSH, ACK, URG.
    pub flags: Vec<String>,
    /// The number of its first byte in the sender's stream, counted from its
    /// SYN, which is 0.
    pub seq: u32,
    /// Which byte of the other stream is expected next, where ACK is set.
    pub ack: Option<u32>,
    /// How many bytes of the stream it carries.
    pub length: u32,
    /// How many more bytes the sender's kernel takes in, scaled.
    pub window: u32,
    /// How far the urgent pointer is ahead of `seq`, where URG is set.
    pub urgent: Option<u16>,
    /// The first bytes that it carries, escaped as in a Rust string.
    pub head: String,
    /// Whether these very bytes (or this SYN, this FIN) were sent before.
    pub again: bool,
}

/// What the kernel said of a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When it was asked.
    pub at: u64,
    /// Whose socket: a place in [`Recording::lanes`].
    pub lane: usize,
    /// Its address.
    pub local: String,
    /// The peer's; `None` for a socket that listens.
    pub remote: Option<String>,
    /// `LISTEN`, `ESTABLISHED`, `CLOSE-WAIT`, as RFC 9293 spells them; `gone`,
    /// where there is no such socket any more.
    pub state: String,
    /// Bytes that the process has not read; of a listening socket, the
    /// connections in its accept queue.
    pub receive_queue: u32,
    /// Bytes that the peer's kernel has not confirmed; of a listening socket,
    /// how many its accept queue is meant for (the backlog).
    pub send_queue: u32,
}

/// What else happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: u64,
    /// Where: a place in [`Recording::lanes`].
    pub lane: usize,
    /// What.
    pub what: What,
}

/// A thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The process got this signal: `SIGURG`.
    Signal(String),
    /// The check did this: `client A connects`.
    Step(String),
    /// The check found otherwise than the task says: what it expected, what
    /// came.
    Failure(String),
}
