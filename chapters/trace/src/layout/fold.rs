//! What repeats itself is told once.

use super::tell::{reads, writes};
use super::{CallPart, Event, Fact, Phase, Row, Shape};

/// How long a pattern may be that is folded.
const PATTERN: usize = 6;

/// Folds what repeats itself, harder until it fits; leaves out first what
/// prepares a socket, then the middle, if it never does. Tells which calls
/// have got no row.
pub(super) fn fold(rows: &mut Vec<Row>, at_most: usize) -> Vec<String> {
    *rows = patterns(&loops(streams(std::mem::take(rows))), 3);
    let mut left_out = Vec::new();
    if rows.len() > at_most {
        *rows = set_up(std::mem::take(rows));
    }
    if rows.len() > at_most {
        *rows = handshakes(std::mem::take(rows));
    }
    if rows.len() > at_most {
        *rows = patterns(rows, 2);
    }
    if rows.len() > at_most {
        *rows = in_turn(rows);
    }
    if rows.len() > at_most {
        left_out = leave_out(rows);
    }
    if rows.len() > at_most {
        let cut = rows.len() - at_most + 1;
        let from = at_most * 3 / 5;
        let after = rows.split_off(from + cut);
        let middle = rows.split_off(from);
        let events = middle.iter().map(|row| row.times).sum();
        let mut row = middle[0].clone();
        row.call = None;
        row.packet = None;
        row.below = Vec::new();
        row.event = Some(Event::Cut { events });
        (row.times, row.block, row.mixed) = (1, 0, false);
        rows.push(row);
        rows.extend(after);
        whole_blocks(rows);
    }
    left_out
}

/// How many kinds of rows may come in turn.
const KINDS: usize = 3;

/// How many rows must come in turn to be told together.
const LONG: usize = 6;

/// Rows of a few kinds that come in turn, in no pattern: one of each kind.
fn in_turn(rows: &[Row]) -> Vec<Row> {
    let shapes: Vec<String> = rows.iter().map(shape).collect();
    let mut folded: Vec<Row> = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let mut kinds: Vec<usize> = Vec::new();
        let mut end = at;
        while end < rows.len() && flows(&rows[end]) {
            let known = kinds.iter().any(|kind| shapes[*kind] == shapes[end]);
            if !known {
                if kinds.len() == KINDS {
                    break;
                }
                kinds.push(end);
            }
            end += 1;
        }
        if end - at < LONG || end - at < 2 * kinds.len() {
            folded.push(rows[at].clone());
            at += 1;
            continue;
        }
        for (place, kind) in kinds.iter().enumerate() {
            let all = (at..end).filter(|row| shapes[*row] == shapes[*kind]);
            let mut row = rows[*kind].clone();
            row.mixed = kinds.len() > 1;
            row.block = if place == 0 { kinds.len() } else { 0 };
            sum(&mut row, all.map(|row| &rows[row]));
            row.waiting.clone_from(&rows[end - 1].waiting);
            folded.push(row);
        }
        at = end;
    }
    folded
}

/// Whether the row is one of many that move bytes.
fn flows(row: &Row) -> bool {
    foldable(row)
        && row.call.as_ref().is_none_or(|call| {
            reads(&call.name) || writes(&call.name) || asks(&call.name)
        })
}

/// Whether the call asks which sockets are ready.
fn asks(name: &str) -> bool {
    name.contains("select") || name.contains("poll")
}

/// Adds up what rows of one kind brought.
fn sum<'a>(row: &mut Row, all: impl Iterator<Item = &'a Row>) {
    let (mut moved, mut bytes, mut count, mut times) = (0, 0, 0, 0);
    for other in all {
        times += other.times;
        if let (Some(call), Some(other)) = (&mut row.call, &other.call)
            && call.result != other.result
        {
            call.result = Some("…".to_owned());
        }
        moved += other.call.as_ref().map_or(0, |call| call.moved);
        if let Some(packet) = &other.packet {
            bytes += packet.length;
            count += packet.count;
        }
        row.below.clone_from(&other.below);
    }
    row.times = times;
    if let Some(call) = &mut row.call {
        call.moved = moved;
    }
    if let Some(packet) = &mut row.packet {
        packet.length = bytes;
        packet.count = count;
        packet.whole = false;
    }
}

/// Takes out the rows that only prepare sockets, and says what they were.
fn leave_out(rows: &mut Vec<Row>) -> Vec<String> {
    let mut counts: Vec<(String, usize)> = Vec::new();
    rows.retain(|row| {
        let Some(call) = &row.call else { return true };
        let out = row.below.is_empty()
            && row.packet.is_none()
            && row.event.is_none()
            && call.errno.is_none()
            && prepares(&call.name);
        if out {
            for (name, times) in counted(&call.name) {
                add(&mut counts, &name, times * row.times);
            }
        }
        !out
    });
    whole_blocks(rows);
    counts
        .iter()
        .map(|(name, times)| multiple(name, *times))
        .collect()
}

fn add(counts: &mut Vec<(String, usize)>, name: &str, times: usize) {
    match counts.iter_mut().find(|(other, _)| other == name) {
        Some((_, count)) => *count += times,
        None => counts.push((name.to_owned(), times)),
    }
}

fn multiple(name: &str, times: usize) -> String {
    if times > 1 {
        format!("{name} × {times}")
    } else {
        name.to_owned()
    }
}

/// `socket, getsockopt × 2`, name by name.
fn counted(names: &str) -> Vec<(String, usize)> {
    names
        .split(", ")
        .map(|name| match name.split_once(" × ") {
            Some((name, times)) => {
                (name.to_owned(), times.parse().unwrap_or(1))
            }
            None => (name.to_owned(), 1),
        })
        .collect()
}

/// SYN, SYN and ACK, ACK in one row, in all but the first handshake.
fn handshakes(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::new();
    let mut first = true;
    for row in rows {
        let ends = |row: &Row| {
            row.packet
                .as_ref()
                .map(|p| (p.from.min(p.to), p.from.max(p.to)))
        };
        let follows = row.call.is_none()
            && row.event.is_none()
            && folded
                .last()
                .is_some_and(|before| ends(before) == ends(&row));
        let shape = row.packet.as_ref().map(|packet| packet.shape);
        let before = folded
            .last()
            .and_then(|row| row.packet.as_ref())
            .map(|packet| packet.shape);
        let joins = match (before, shape) {
            (Some(Shape::Syn), Some(Shape::SynAck)) => {
                let folds = !first;
                first = false;
                folds
            }
            (Some(Shape::Open), Some(Shape::Ack)) => true,
            _ => false,
        };
        match folded.last_mut() {
            Some(last) if joins && follows => {
                if let Some(packet) = &mut last.packet {
                    packet.shape = Shape::Open;
                }
                for below in row.below {
                    last.below.retain(|other| {
                        other.socket != below.socket
                            || !matches!(other.what, Fact::State { .. })
                            || !matches!(below.what, Fact::State { .. })
                    });
                    last.below.push(below);
                }
                last.waiting = row.waiting;
            }
            _ => folded.push(row),
        }
    }
    folded
}

/// Rows that follow each other and differ in nothing that counts: packets of
/// bytes in one direction.
fn streams(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::new();
    for row in rows {
        let before = folded.last_mut();
        let joined = match (before, &row.packet, &row.call, &row.event) {
            (Some(before), Some(new), None, None) => {
                join(before, new) && {
                    before.below.extend(row.below.iter().cloned());
                    before.waiting.clone_from(&row.waiting);
                    true
                }
            }
            _ => false,
        };
        if !joined {
            folded.push(row);
        }
    }
    folded
}

/// Loops that a glance of the recorder has cut in two.
fn loops(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::new();
    for row in rows {
        let joins = folded.last().is_some_and(|before| {
            (before.times > 1 || row.times > 1)
                && before.call.is_some()
                && foldable(&row)
                && shape(before) == shape(&row)
        });
        match folded.pop() {
            Some(before) if joins => {
                let mut both = before.clone();
                sum(&mut both, [&before, &row].into_iter());
                both.waiting.clone_from(&row.waiting);
                both.block = 1;
                folded.push(both);
            }
            before => {
                folded.extend(before);
                folded.push(row);
            }
        }
    }
    folded
}

fn join(before: &mut Row, new: &super::PacketPart) -> bool {
    let Some(old) = &mut before.packet else {
        return false;
    };
    let fits = (old.from, old.to, old.shape, old.again, old.socket)
        == (new.from, new.to, new.shape, new.again, new.socket)
        && old.shape == Shape::Data
        && old.urgent.is_none()
        && new.urgent.is_none();
    // One more packet is one more row, so that two can still be seen.
    if fits {
        old.count += new.count;
        old.length += new.length;
        old.whole = false;
    }
    fits
}

/// Patterns of rows that follow each other more often than this.
fn patterns(rows: &[Row], more_than: usize) -> Vec<Row> {
    let shapes: Vec<String> = rows.iter().map(shape).collect();
    let mut folded: Vec<Row> = Vec::new();
    let mut at = 0;
    while at < rows.len() {
        let found = (1..=PATTERN)
            .map(|length| (length, repeated(&shapes[at..], length)))
            .filter(|(_, times)| *times > more_than)
            .filter(|(length, _)| {
                let block = &rows[at..at + length];
                block.iter().all(|row| row.times == 1 && foldable(row))
                    && block.iter().any(|row| row.call.is_some())
            })
            .max_by_key(|(length, times)| {
                (length * times, std::cmp::Reverse(*length))
            });
        let Some((length, times)) = found else {
            folded.push(rows[at].clone());
            at += 1;
            continue;
        };
        for place in 0..length {
            let mut row = rows[at + place].clone();
            let all = (0..times).map(|turn| &rows[at + turn * length + place]);
            sum(&mut row, all);
            row.block = if place == 0 { length } else { 0 };
            let last = &rows[at + (times - 1) * length + place];
            row.waiting.clone_from(&last.waiting);
            folded.push(row);
        }
        at += times * length;
    }
    folded
}

/// How often the first `length` shapes follow each other.
fn repeated(shapes: &[String], length: usize) -> usize {
    if shapes.len() < length {
        return 0;
    }
    let pattern = &shapes[..length];
    shapes
        .chunks_exact(length)
        .take_while(|chunk| *chunk == pattern)
        .count()
}

fn foldable(row: &Row) -> bool {
    let packet = row
        .packet
        .as_ref()
        .is_none_or(|p| matches!(p.shape, Shape::Data | Shape::Ack));
    packet
        && matches!(row.event, None | Some(Event::Gap { .. }))
        && row
            .call
            .as_ref()
            .is_none_or(|call| !matches!(call.phase, Phase::Never))
}

/// What a row looks like to somebody who doesn't read the numbers.
fn shape(row: &Row) -> String {
    let call = row.call.as_ref().map(|call| {
        (
            call.column,
            call.thread,
            &call.name,
            descriptor(call),
            flags(call),
            &call.errno,
            class(call),
            format!("{:?}", call.phase),
        )
    });
    let packet = row.packet.as_ref().map(|packet| {
        (
            packet.from,
            packet.to,
            packet.shape,
            packet.urgent.is_some(),
        )
    });
    let event = match &row.event {
        Some(Event::Gap { .. }) => "gap".to_owned(),
        other => format!("{other:?}"),
    };
    format!("{call:?} {packet:?} {event}")
}

fn descriptor(call: &CallPart) -> &str {
    call.args.split(',').next().unwrap_or_default()
}

/// The flags of its last argument: a peek and a plain `recv` are two things.
fn flags(call: &CallPart) -> Vec<&str> {
    let words = call.args.split([',', '|', ' ']);
    words.filter(|word| word.starts_with("MSG_")).collect()
}

/// Whether it brought something, nothing or an error.
fn class(call: &CallPart) -> String {
    match &call.result {
        None => "none".to_owned(),
        Some(_) if call.errno.is_some() => "error".to_owned(),
        Some(_) if call.moved > 0 => "bytes".to_owned(),
        Some(result) => result.clone(),
    }
}

/// Calls that make a socket ready, and that nobody answers, in one row.
fn set_up(rows: Vec<Row>) -> Vec<Row> {
    let mut folded: Vec<Row> = Vec::new();
    for row in rows {
        let silent = |row: &Row| {
            row.packet.is_none()
                && row.event.is_none()
                && row.times == 1
                && row.call.as_ref().is_some_and(|call| {
                    call.phase == Phase::Whole
                        && call.errno.is_none()
                        && prepares(&call.name)
                })
        };
        match folded.last_mut() {
            Some(before)
                if silent(before)
                    && silent(&row)
                    && before.call.as_ref().map(|c| (c.column, c.thread))
                        == row.call.as_ref().map(|c| (c.column, c.thread)) =>
            {
                let (Some(old), Some(new)) = (&mut before.call, row.call)
                else {
                    continue;
                };
                let mut counts = counted(&old.name);
                for (name, times) in counted(&new.name) {
                    add(&mut counts, &name, times);
                }
                let names: Vec<String> = counts
                    .iter()
                    .map(|(name, times)| multiple(name, *times))
                    .collect();
                old.name = names.join(", ");
                old.args.clear();
                old.result = None;
                before.below.extend(row.below);
                before.waiting = row.waiting;
            }
            _ => folded.push(row),
        }
    }
    folded
}

fn prepares(names: &str) -> bool {
    counted(names).iter().all(|(name, _)| {
        matches!(
            name.as_str(),
            "socket"
                | "setsockopt"
                | "getsockopt"
                | "bind"
                | "listen"
                | "getsockname"
                | "getpeername"
                | "fcntl"
                | "ioctl"
                | "dup"
        )
    })
}

/// Blocks that were cut through are no blocks any more.
fn whole_blocks(rows: &mut [Row]) {
    let mut left = 0;
    let mut times = 1;
    for row in rows {
        if row.mixed {
            row.block = 1;
            continue;
        }
        if row.block > 0 {
            (left, times) = (row.block, row.times);
        } else if left == 0 && row.times > 1 {
            row.block = 1;
            (left, times) = (1, row.times);
        }
        if row.times == times {
            left = left.saturating_sub(1);
        } else {
            left = 0;
        }
    }
}
