//! Numbers, times and strange characters, as they stand in a picture.

use crate::recording::{Call, Recording, What};

/// `3919467` as `3,919,467`.
#[must_use]
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 byte`, `3,919,467 bytes`.
#[must_use]
pub fn bytes(number: u64) -> String {
    let unit = if number == 1 { "byte" } else { "bytes" };
    format!("{} {unit}", grouped(number))
}

/// Microseconds as a reader says them: `1.03 s`, `9 ms`, `0.4 ms`.
#[must_use]
pub fn duration(micros: u64) -> String {
    let hundredths = micros.div_ceil(5_000) / 2;
    match micros {
        10_000_000.. => format!("{} s", grouped(micros / 1_000_000)),
        995_000.. => {
            format!("{}.{:02} s", hundredths / 100, hundredths % 100)
        }
        1_000.. => format!("{} ms", (micros + 500) / 1_000),
        _ => format!("0.{} ms", (micros / 100).max(1)),
    }
}

/// The bytes that a call brought or took: the number that it returned.
pub(super) fn moved(call: &Call) -> u64 {
    if !reads(&call.name) && !writes(&call.name) {
        return 0;
    }
    let result = call.result.as_deref().unwrap_or_default();
    let digits = result.split([' ', ':', ',']).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// Whether the call takes bytes out of a socket.
pub(super) fn reads(name: &str) -> bool {
    matches!(
        name,
        "recv" | "recvfrom" | "recvmsg" | "recvmmsg" | "read" | "readv"
    )
}

/// Whether the call puts bytes into a socket.
pub(super) fn writes(name: &str) -> bool {
    matches!(
        name,
        "send"
            | "sendto"
            | "sendmsg"
            | "sendmmsg"
            | "write"
            | "writev"
            | "sendfile"
            | "splice"
    )
}

/// The recording with every text made harmless: a name or a byte of a packet
/// may hold what moves a terminal's cursor or turns a line round.
pub(super) fn cleaned(recording: &Recording) -> Recording {
    let mut clean = recording.clone();
    let all = |texts: &mut Vec<String>| {
        texts.iter_mut().for_each(harmless);
    };
    harmless(&mut clean.command);
    clean.check.iter_mut().for_each(harmless);
    harmless(&mut clean.system);
    all(&mut clean.missing);
    for lane in &mut clean.lanes {
        harmless(&mut lane.name);
        lane.end.iter_mut().for_each(|end| harmless(&mut end.how));
    }
    for call in &mut clean.calls {
        harmless(&mut call.name);
        harmless(&mut call.args);
        call.result.iter_mut().for_each(harmless);
        call.errno.iter_mut().for_each(harmless);
    }
    for packet in &mut clean.packets {
        harmless(&mut packet.head);
    }
    for look in &mut clean.looks {
        harmless(&mut look.state);
    }
    for note in &mut clean.notes {
        match &mut note.what {
            What::Signal(text) | What::Step(text) | What::Failure(text) => {
                harmless(text);
            }
        }
    }
    let lanes = clean.lanes.len();
    clean.calls.retain(|call| call.lane < lanes);
    clean.packets.retain(|p| p.from < lanes && p.to < lanes);
    clean.looks.retain(|look| look.lane < lanes);
    clean.notes.retain(|note| note.lane < lanes);
    clean
}

fn harmless(text: &mut String) {
    if text.chars().any(strange) {
        *text = text
            .chars()
            .map(|c| {
                if strange(c) {
                    c.escape_unicode().to_string()
                } else {
                    c.to_string()
                }
            })
            .collect();
    }
}

/// What has no shape of its own, or changes the shape of others.
fn strange(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{fffe}'
                | '\u{ffff}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{bytes, duration, grouped, harmless};

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(3_919_467), "3,919,467");
        assert_eq!(bytes(1), "1 byte");
    }

    #[test]
    fn a_time_has_the_unit_that_fits_it() {
        assert_eq!(duration(40), "0.1 ms");
        assert_eq!(duration(8_724), "9 ms");
        assert_eq!(duration(400_503), "401 ms");
        assert_eq!(duration(999_999), "1.00 s");
        assert_eq!(duration(1_030_515), "1.03 s");
        assert_eq!(duration(12_345_678), "12 s");
    }

    #[test]
    fn what_turns_a_line_round_is_spelled_out() {
        let mut text = "a\u{202e}b\u{1b}[2J\n".to_owned();
        harmless(&mut text);
        assert_eq!(text, "a\\u{202e}b\\u{1b}[2J\\u{a}");
    }
}
