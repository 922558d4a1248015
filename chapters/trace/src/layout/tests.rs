use super::{Event, Fact, Options, Phase, Picture, Row, Shape, layout};
use crate::made::{CLIENT, SERVER, conversation, empty, recorded};
use crate::recording::{Recording, What};

fn laid_out(recording: &Recording) -> Picture {
    layout(recording, &Options::default())
}

/// What each row says, in short.
fn lines(picture: &Picture) -> Vec<String> {
    picture.rows.iter().map(line).collect()
}

fn line(row: &Row) -> String {
    let mut parts = Vec::new();
    if let Some(event) = &row.event {
        parts.push(event.text());
    }
    if let Some(call) = &row.call {
        parts.push(call.text());
    }
    if let Some(packet) = &row.packet {
        parts.push(packet.label(false));
    }
    if row.times > 1 {
        parts.push(format!("× {}", row.times));
    }
    parts.join(" | ")
}

#[test]
fn a_call_that_sleeps_begins_and_ends_in_rows_of_its_own() {
    let mut made = empty();
    made.handshake();
    assert_eq!(
        lines(&laid_out(&made)),
        [
            "listen(3, 8) = 0",
            "accept(3) …",
            "connect(3, 127.0.0.1:5000) = 0 | SYN",
            "SYN + ACK",
            "ACK",
            "= 4 after 2 ms",
        ]
    );
    let picture = laid_out(&made);
    let bar = picture.bars.iter().find(|bar| bar.blocked).unwrap();
    assert_eq!((bar.first, bar.last), (1, 5));
}

#[test]
fn a_client_stands_left_of_its_server() {
    let picture = laid_out(&conversation());
    let names: Vec<&str> =
        picture.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["client", "server"]);
}

#[test]
fn what_the_kernel_said_is_not_inferred() {
    let mut made = empty();
    made.handshake();
    let picture = laid_out(&made);
    let states: Vec<(String, bool)> = picture
        .rows
        .iter()
        .flat_map(|row| &row.below)
        .filter_map(|below| match &below.what {
            Fact::State { name, inferred } => Some((name.clone(), *inferred)),
            _ => None,
        })
        .collect();
    let expected = [
        ("LISTEN", false),
        ("SYN-SENT", true),
        ("SYN-RECEIVED", true),
        ("ESTABLISHED", false),
        ("ESTABLISHED", false),
    ];
    let mut states: Vec<(&str, bool)> =
        states.iter().map(|(s, i)| (s.as_str(), *i)).collect();
    states.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(states, expected);
}

#[test]
fn a_kernel_that_says_otherwise_is_believed() {
    let mut made = empty();
    made.handshake();
    made.looks.clear();
    made.look(1_520, 1, "FIN-WAIT-2", (0, 0));
    let picture = laid_out(&made);
    let told = picture.rows.iter().flat_map(|row| &row.below).any(|below| {
        below.what
            == Fact::State {
                name: "FIN-WAIT-2".to_owned(),
                inferred: false,
            }
    });
    assert!(told);
}

#[test]
fn the_accept_queue_is_full_from_the_third_packet_to_accept() {
    let mut made = empty();
    made.handshake();
    // Accept is called later.
    made.calls[1].at = 5_000;
    made.calls[1].took = Some(20);
    made.calls.sort_by_key(|call| call.at);
    let picture = laid_out(&made);
    let waits: Vec<u32> = picture
        .rows
        .iter()
        .map(|row| row.waiting.iter().map(|w| w.accept).sum())
        .collect();
    assert_eq!(waits, [0, 0, 0, 1, 0], "{:?}", lines(&picture));
}

#[test]
fn bytes_wait_until_they_are_read() {
    let picture = laid_out(&conversation());
    let lines = lines(&picture);
    let unread = |text: &str| -> u32 {
        let at = lines.iter().position(|l| l.starts_with(text)).unwrap();
        picture.rows[at].waiting.iter().map(|w| w.unread).sum()
    };
    assert_eq!(unread("send(3, \"STOP\""), 4);
    assert_eq!(unread("recv(4, MSG_OOB) = -1"), 4);
    assert_eq!(unread("recv(4) = 3"), 0);
}

#[test]
fn a_packet_that_strace_saw_too_late_still_belongs_to_its_call() {
    let mut made = empty();
    made.handshake();
    // Stamped as over 400 µs before its packet left.
    made.call((3_000, 50), 1, "send(3, \"hello\")", "5");
    made.packet(3_450, 1, "PSH ACK", (1, 1), "hello");
    made.packet(3_460, 0, "ACK", (1, 6), "");
    let lines = lines(&laid_out(&made));
    assert_eq!(
        lines.last().unwrap(),
        "send(3, \"hello\") = 5 | \"hello\" 5 bytes"
    );
}

#[test]
fn a_recv_ends_after_the_packet_that_brought_its_bytes() {
    let mut made = empty();
    made.handshake();
    // By its stamps it was over before the packet came.
    made.call((3_000, 900), 0, "recv(4)", "5 \"hello\"");
    made.call((3_500, 50), 1, "send(3, \"hello\")", "5");
    made.packet(3_950, 1, "PSH ACK", (1, 1), "hello");
    let lines = lines(&laid_out(&made));
    assert_eq!(
        lines[6..],
        [
            "recv(4) …",
            "send(3, \"hello\") = 5 | \"hello\" 5 bytes",
            "= 5 \"hello\"",
        ]
    );
}

#[test]
fn a_select_ends_after_the_packet_that_woke_it() {
    let mut made = empty();
    made.handshake();
    made.call((3_000, 400), 0, "select(read {4})", "1: read {4}");
    made.call((3_300, 50), 1, "send(3, \"hello\")", "5");
    made.packet(3_500, 1, "PSH ACK", (1, 1), "hello");
    // These five are there already.
    made.call((3_600, 5), 0, "select(read {4})", "1: read {4}");
    made.call((3_650, 5), 1, "send(3, \"x\")", "1");
    made.packet(3_660, 1, "PSH ACK", (6, 1), "x");
    let lines = lines(&laid_out(&made));
    assert_eq!(
        lines[6..],
        [
            "select(read {4}) …",
            "send(3, \"hello\") = 5 | \"hello\" 5 bytes",
            "= 1: read {4}",
            "select(read {4}) = 1: read {4}",
            "send(3, \"x\") = 1 | \"x\" 1 byte",
        ]
    );
}

#[test]
fn a_loop_is_one_row() {
    let mut made = empty();
    made.handshake();
    for turn in 0..1200 {
        made.call((3_000 + turn, 1), 0, "recv(4)", "-1 EAGAIN");
    }
    let lines = lines(&laid_out(&made));
    assert_eq!(lines.last().unwrap(), "recv(4) = -1 EAGAIN | × 1200");
    assert_eq!(lines.len(), 7);
}

#[test]
fn a_loop_in_two_parts_is_one_row() {
    let mut made = empty();
    made.handshake();
    for turn in 0..2 {
        let at = 3_000 + turn * 1_000;
        made.call((at, 900), 0, "recv(4)", "-1 EAGAIN").times = 300;
    }
    let lines = lines(&laid_out(&made));
    assert_eq!(lines[6..], ["recv(4) = -1 EAGAIN | × 600"]);
}

#[test]
fn a_loop_of_two_calls_is_a_block_of_two_rows() {
    let mut made = empty();
    made.handshake();
    for turn in 0..50 {
        let at = 3_000 + turn * 10;
        made.call((at, 1), 0, "select(read {4})", "1: read {4}");
        made.call((at + 5, 1), 0, "recv(4)", "1 \"x\"");
    }
    let picture = laid_out(&made);
    let (first, second) = (&picture.rows[6], &picture.rows[7]);
    assert_eq!((first.times, first.block), (50, 2));
    assert_eq!((second.times, second.block), (50, 0));
    assert_eq!(second.call.as_ref().unwrap().moved, 50);
}

#[test]
fn packets_of_one_stream_are_one_arrow() {
    let mut made = empty();
    made.handshake();
    made.call((3_000, 500), 1, "send(3, \"…\")", "4000");
    for turn in 0..4 {
        let at = 3_010 + u64::from(turn) * 20;
        made.packet(at, 1, "ACK", (1 + turn * 1000, 1), "").length = 1000;
        made.packet(at + 5, 0, "ACK", (1, 1001 + turn * 1000), "");
    }
    let lines = lines(&laid_out(&made));
    assert_eq!(
        lines.last().unwrap(),
        "send(3, \"…\") = 4000 | 4 packets, 4,000 bytes"
    );
}

#[test]
fn no_picture_has_more_rows_than_it_may() {
    for (name, recording) in recorded() {
        for rows_at_most in [8, 20, 60] {
            let picture = layout(&recording, &Options { rows_at_most });
            assert!(
                picture.rows.len() <= rows_at_most,
                "{name}: {} rows",
                picture.rows.len()
            );
            for bar in &picture.bars {
                assert!(bar.first <= bar.last, "{name}");
                assert!(bar.last < picture.rows.len(), "{name}");
            }
        }
    }
}

#[test]
fn what_is_left_out_is_counted() {
    let (name, recording) = recorded()
        .into_iter()
        .max_by_key(|(_, recording)| recording.packets.len())
        .unwrap();
    let all = layout(&recording, &Options::default());
    let few = layout(&recording, &Options { rows_at_most: 8 });
    let cut = few.rows.iter().find_map(|row| match row.event {
        Some(Event::Cut { events }) => Some(events),
        _ => None,
    });
    assert!(all.rows.len() > 8 && cut.is_some_and(|c| c > 0), "{name}");
}

#[test]
fn silence_has_a_row() {
    let mut made = empty();
    made.handshake();
    made.call((500_000, 10), 0, "close(4)", "0");
    let lines = lines(&laid_out(&made));
    assert_eq!(lines[6..], ["498 ms pass", "close(4) = 0"]);
}

#[test]
fn a_syn_is_dropped_only_where_the_queue_was_seen_full() {
    let full = |wait: u32| {
        let mut made = empty();
        made.call((0, 20), 0, "listen(3, 0)", "0");
        made.look(100, 0, "LISTEN", (wait, 0));
        made.call((900, 1), 1, "connect(3, 127.0.0.1:5000)", "?");
        made.packet(1_000, 1, "SYN", (0, 0), "");
        let picture = laid_out(&made);
        let packet = picture.rows.iter().find_map(|r| r.packet.clone());
        packet.unwrap().unanswered.unwrap()
    };
    assert_eq!(full(0), "no answer");
    assert_eq!(full(1), "dropped: the accept queue is full");
}

#[test]
fn a_call_that_never_returned_has_an_open_end() {
    let picture = laid_out(&conversation());
    let bar = picture.bars.iter().find(|bar| bar.open).unwrap();
    assert_eq!(line(&picture.rows[bar.first]), "accept(3) never returned");
    assert_eq!(line(&picture.rows[bar.last]), "killed by SIGKILL");
}

#[test]
fn a_call_that_a_signal_interrupted_did_return() {
    let mut made = empty();
    made.handshake();
    made.call((3_000, 0), 0, "recv(4)", "?");
    made.note(4_000, 0, What::Signal("SIGURG".to_owned()));
    made.call((5_000, 10), 0, "recv(4)", "1 \"x\"");
    let picture = laid_out(&made);
    let phase = &picture.rows[6].call.as_ref().unwrap().phase;
    assert_eq!(*phase, Phase::Interrupted("SIGURG".to_owned()));
    assert!(picture.bars.iter().all(|bar| !bar.open));
}

#[test]
fn the_kernel_closes_the_sockets_of_a_process_that_was_killed() {
    let closes = |how: &str| {
        let mut made = empty();
        made.handshake();
        made.packet(3_000, 1, "FIN ACK", (1, 1), "");
        made.end(3_100, 1, how);
        laid_out(&made)
            .rows
            .iter()
            .flat_map(|row| &row.below)
            .any(|below| below.what == Fact::Closes && below.column == 0)
    };
    assert!(closes("killed by SIGKILL"));
    assert!(!closes("exit 0"));
}

#[test]
fn who_only_refuses_is_nobody() {
    let mut made = empty();
    made.lanes[0].name = "port 5000".to_owned();
    made.lanes[0].role = crate::recording::Role::Unknown;
    made.call(
        (900, 200),
        1,
        "connect(3, 127.0.0.1:5000)",
        "-1 ECONNREFUSED",
    );
    made.packet(1_000, 1, "SYN", (0, 0), "");
    made.packet(1_010, 0, "RST ACK", (0, 1), "");
    let picture = laid_out(&made);
    assert_eq!(picture.columns[1].name, "nobody at port 5000");
    assert_eq!(
        lines(&picture),
        [
            "connect(3, 127.0.0.1:5000) = -1 ECONNREFUSED | SYN",
            "RST: reset"
        ]
    );
    let bar = picture.bars[0].clone();
    assert_eq!((bar.first, bar.last, bar.failed), (0, 1, true));
}

#[test]
fn a_process_that_talks_to_itself_has_a_far_side() {
    let mut made = empty();
    made.handshake();
    for call in &mut made.calls {
        call.lane = 1;
    }
    for packet in &mut made.packets {
        (packet.from, packet.to) = (1, 1);
    }
    for look in &mut made.looks {
        look.lane = 1;
    }
    made.lanes.remove(0);
    made.calls.iter_mut().for_each(|call| call.lane = 0);
    made.packets
        .iter_mut()
        .for_each(|p| (p.from, p.to) = (0, 0));
    made.looks.iter_mut().for_each(|look| look.lane = 0);
    let picture = laid_out(&made);
    assert_eq!(picture.columns.len(), 2);
    let syn = picture.rows.iter().find_map(|row| row.packet.clone());
    let syn = syn.unwrap();
    assert_eq!((syn.shape, syn.from, syn.to), (Shape::Syn, 0, 1));
}

#[test]
fn each_end_of_a_connection_is_found_by_its_address() {
    let recording = conversation();
    let places = super::columns::Places::new(&recording);
    let name = format!("{SERVER}->{CLIENT}");
    assert_eq!(places.socket(&name), Some((0, 1)));
    let other = format!("[::ffff:127.0.0.1]:6000->{SERVER}");
    assert_eq!(places.socket(&other), Some((0, 0)));
}
