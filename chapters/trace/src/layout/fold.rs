//! What repeats itself is told once.

use super::{CallPart, Event, Phase, Row, Shape};

/// How long a pattern may be that is folded.
const PATTERN: usize = 6;

/// Folds what repeats itself, harder until it fits; leaves out the middle if
/// it never does.
pub(super) fn fold(rows: Vec<Row>, at_most: usize) -> Vec<Row> {
    let mut rows = patterns(streams(rows), 3);
    if rows.len() > at_most {
        rows = set_up(rows);
    }
    if rows.len() > at_most {
        rows = patterns(rows, 2);
    }
    if rows.len() > at_most {
        let cut = rows.len() - at_most + 1;
        let from = at_most * 3 / 5;
        let after = rows.split_off(from + cut);
        let left_out = rows.split_off(from);
        let events = left_out.iter().map(|row| row.times).sum();
        let mut row = left_out[0].clone();
        row.call = None;
        row.packet = None;
        row.below = Vec::new();
        row.event = Some(Event::Cut { events });
        (row.times, row.block) = (1, 0);
        rows.push(row);
        rows.extend(after);
        whole_blocks(&mut rows);
    }
    rows
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
fn patterns(rows: Vec<Row>, more_than: usize) -> Vec<Row> {
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
            row.times = times;
            row.block = if place == 0 { length } else { 0 };
            let last = &rows[at + (times - 1) * length + place];
            row.waiting.clone_from(&last.waiting);
            row.below.clone_from(&last.below);
            let (mut moved, mut bytes, mut count) = (0, 0, 0);
            for other in all {
                moved += other.call.as_ref().map_or(0, |call| call.moved);
                if let Some(packet) = &other.packet {
                    bytes += packet.length;
                    count += packet.count;
                }
            }
            if let Some(call) = &mut row.call {
                call.moved = moved;
            }
            if let Some(packet) = &mut row.packet {
                packet.length = bytes;
                packet.count = count;
                packet.whole = false;
            }
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
                let mut names: Vec<String> =
                    old.name.split(", ").map(str::to_owned).collect();
                if names.last() != Some(&new.name) {
                    names.push(new.name);
                }
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
    names.split(", ").all(|name| {
        matches!(
            name,
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
