//! Recordings for tests: made by hand, and those of the book.

use std::fs;
use std::path::Path;

use crate::recording::{
    Call, End, FORMAT, Lane, Look, Note, Packet, Recording, Role, What,
};

/// Where the server of these recordings listens.
pub(crate) const SERVER: &str = "127.0.0.1:5000";

/// Where the client of these recordings calls from.
pub(crate) const CLIENT: &str = "127.0.0.1:6000";

/// Nothing but two processes: 0 the server, 1 the client.
pub(crate) fn empty() -> Recording {
    let lane = |name: &str| Lane {
        name: name.to_owned(),
        role: Role::Program,
        end: None,
    };
    Recording {
        format: FORMAT.to_owned(),
        command: "made".to_owned(),
        check: None,
        system: "Linux 6.18".to_owned(),
        missing: Vec::new(),
        lanes: vec![lane("server"), lane("client")],
        calls: Vec::new(),
        packets: Vec::new(),
        looks: Vec::new(),
        notes: Vec::new(),
    }
}

impl Recording {
    /// A call; `result` as it is drawn: `-1 EPIPE`. `took` 0: at once.
    pub(crate) fn call(
        &mut self,
        (at, took): (u64, u64),
        lane: usize,
        text: &str,
        result: &str,
    ) -> &mut Call {
        let (name, rest) = text.split_once('(').unwrap();
        let args = rest.strip_suffix(')').unwrap();
        let fd = args.split(',').next().and_then(|fd| fd.parse().ok());
        let socket = match (lane, fd) {
            (0, Some(3)) => Some(SERVER.to_owned()),
            (0, Some(4)) => Some(format!("{SERVER}->{CLIENT}")),
            (1, Some(3)) => Some(format!("{CLIENT}->{SERVER}")),
            _ => None,
        };
        let errno = result.strip_prefix("-1 ").map(str::to_owned);
        self.calls.push(Call {
            lane,
            thread: 0,
            at,
            took: (result != "?").then_some(took),
            name: name.to_owned(),
            args: args.to_owned(),
            result: (result != "?").then(|| match &errno {
                Some(_) => "-1".to_owned(),
                None => result.to_owned(),
            }),
            errno,
            fd,
            socket,
            brought: None,
            times: 1,
        });
        self.calls.last_mut().unwrap()
    }

    /// A packet of the client (1) or of the server (0).
    pub(crate) fn packet(
        &mut self,
        at: u64,
        from: usize,
        flags: &str,
        (seq, ack): (u32, u32),
        head: &str,
    ) -> &mut Packet {
        let (source, target) = if from == 1 {
            (CLIENT, SERVER)
        } else {
            (SERVER, CLIENT)
        };
        self.packets.push(Packet {
            at,
            from,
            to: 1 - from,
            source: source.to_owned(),
            target: target.to_owned(),
            flags: flags.split(' ').map(str::to_owned).collect(),
            seq,
            ack: flags.contains("ACK").then_some(ack),
            length: u32::try_from(head.len()).unwrap(),
            window: 64,
            urgent: None,
            head: head.to_owned(),
            again: false,
        });
        self.packets.last_mut().unwrap()
    }

    /// What the kernel said of the connection's side of this lane, or of the
    /// listening socket.
    pub(crate) fn look(
        &mut self,
        at: u64,
        lane: usize,
        state: &str,
        (receive_queue, send_queue): (u32, u32),
    ) {
        let (local, remote) = match (lane, state) {
            (_, "LISTEN") => (SERVER, None),
            (0, _) => (SERVER, Some(CLIENT)),
            _ => (CLIENT, Some(SERVER)),
        };
        self.looks.push(Look {
            at,
            lane,
            local: local.to_owned(),
            remote: remote.map(str::to_owned),
            state: state.to_owned(),
            receive_queue,
            send_queue,
        });
    }

    pub(crate) fn note(&mut self, at: u64, lane: usize, what: What) {
        self.notes.push(Note { at, lane, what });
    }

    pub(crate) fn end(&mut self, at: u64, lane: usize, how: &str) {
        self.lanes[lane].end = Some(End {
            at,
            how: how.to_owned(),
            well: how == "exit 0",
        });
    }

    /// The client connects while the server sleeps in accept.
    pub(crate) fn handshake(&mut self) {
        self.call((0, 20), 0, "listen(3, 8)", "0");
        self.call((100, 1_900), 0, "accept(3)", "4");
        self.call((900, 200), 1, "connect(3, 127.0.0.1:5000)", "0");
        self.packet(1_000, 1, "SYN", (0, 0), "");
        self.packet(1_010, 0, "SYN ACK", (0, 1), "");
        self.packet(1_020, 1, "ACK", (1, 1), "");
        self.look(1_500, 0, "LISTEN", (1, 8));
        self.look(1_510, 0, "ESTABLISHED", (0, 0));
        self.look(1_520, 1, "ESTABLISHED", (0, 0));
    }
}

/// A whole conversation: urgent bytes, an end of stream, a reset, errors.
pub(crate) fn conversation() -> Recording {
    let mut made = empty();
    made.handshake();
    made.call((3_000, 50), 1, "send(3, \"STOP\", MSG_OOB)", "4");
    made.packet(3_010, 1, "PSH ACK URG", (1, 1), "STOP").urgent = Some(4);
    made.look(3_100, 0, "ESTABLISHED", (4, 0));
    made.note(3_200, 0, What::Signal("SIGURG".to_owned()));
    made.call((3_300, 9), 0, "recv(4, MSG_OOB)", "1 \"P\"");
    made.call((3_400, 9), 0, "recv(4, MSG_OOB)", "-1 EINVAL");
    made.call((3_500, 9), 0, "recv(4)", "3 \"STO\"");
    made.call((3_600, 9), 0, "recv(4)", "-1 EAGAIN");
    made.call((4_000, 50), 0, "close(4)", "0");
    made.packet(4_010, 0, "FIN ACK", (1, 5), "");
    made.look(4_100, 0, "FIN-WAIT-1", (0, 0));
    made.look(4_110, 1, "CLOSE-WAIT", (0, 0));
    made.call((5_000, 50), 1, "send(3, \"x\")", "1");
    made.packet(5_010, 1, "PSH ACK", (5, 2), "x");
    made.packet(5_020, 0, "RST", (2, 0), "");
    made.call((6_000, 50), 1, "send(3, \"y\")", "-1 EPIPE");
    made.end(7_000, 1, "killed by SIGPIPE");
    made.call((8_000, 50), 0, "accept(3)", "?");
    made.end(9_000, 0, "killed by SIGKILL");
    made
}

/// A recording whose texts try to break out of their places.
pub(crate) fn hostile() -> Recording {
    let mut made = conversation();
    let evil = "</text><script>alert(1)</script>\u{202e}\u{1b}[2J\n\n\"'`&{{x";
    made.command = evil.to_owned();
    made.missing = vec![evil.to_owned()];
    for lane in &mut made.lanes {
        lane.name = evil.to_owned();
    }
    for call in &mut made.calls {
        call.args = format!("{}, {evil}", call.args);
        call.result = call.result.as_ref().map(|r| format!("{r} {evil}"));
    }
    for packet in &mut made.packets {
        if packet.length > 0 {
            packet.head = evil.to_owned();
        }
    }
    made.note(8_500, 1, What::Step(evil.repeat(4)));
    made.note(8_600, 1, What::Failure(evil.to_owned()));
    made
}

/// The recordings of the book.
pub(crate) fn recorded() -> Vec<(String, Recording)> {
    let chapters = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for chapter in fs::read_dir(chapters).unwrap() {
        let folder = chapter.unwrap().path().join("recorded");
        let Ok(files) = fs::read_dir(folder) else {
            continue;
        };
        for file in files {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|end| end == "json") {
                let text = fs::read_to_string(&path).unwrap();
                let recording = serde_json::from_str(&text).unwrap();
                let name = path.file_stem().unwrap();
                all.push((name.to_str().unwrap().to_owned(), recording));
            }
        }
    }
    assert!(all.len() > 20, "only {} recordings were found", all.len());
    all.sort_by(|one, other| one.0.cmp(&other.0));
    all.push(("conversation".to_owned(), conversation()));
    all.push(("hostile".to_owned(), hostile()));
    all.push(("empty".to_owned(), empty()));
    all
}
