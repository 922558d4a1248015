//! What does not vary from run to run: each process's calls in their order,
//! and what went in each direction. Acknowledgements, the number of packets
//! and the order across processes do vary.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::recording::{Packet, Recording, What};

/// Numbers from here on depend on buffers, ports and process numbers.
const EXACT: u64 = 1000;

impl Recording {
    /// The gist, in lines: two recordings of one program have the same. Calls
    /// whose names are in `varies` are left out; with `bytes` in it, the
    /// totals too.
    pub fn gist(&self, varies: &[String]) -> String {
        let says = |word: &str| varies.iter().any(|own| own == word);
        let mut text = String::new();
        for (at, lane) in self.lanes.iter().enumerate() {
            let name = plain(&lane.name);
            let _ = writeln!(text, "{name}:");
            let mut before = String::new();
            // Who is killed may or may not have come to the next call.
            let killed = lane.end.as_ref().is_some_and(|end| !end.well);
            let calls = self.calls.iter().filter(|call| {
                call.lane == at && !(killed && call.took.is_none())
            });
            for call in calls.filter(|call| !says(&call.name)) {
                let result = call.result.as_deref().unwrap_or("never returned");
                let line = plain(&format!(
                    "{}({}) = {result} {}",
                    call.name,
                    call.args,
                    call.errno.as_deref().unwrap_or_default()
                ));
                // How often a loop goes round varies.
                if line != before {
                    let _ = writeln!(text, "  {}", line.trim_end());
                }
                before = line;
            }
            if !says("signals") {
                for note in self.notes.iter().filter(|note| note.lane == at) {
                    if let What::Signal(signal) = &note.what {
                        let _ = writeln!(text, "  gets {signal}");
                    }
                }
            }
            if let Some(end) = &lane.end {
                let _ = writeln!(text, "  ends: {}", end.how);
            }
        }
        let mut directions: BTreeMap<(usize, usize), Direction> =
            BTreeMap::new();
        for packet in self.packets.iter().filter(|packet| !packet.again) {
            directions
                .entry((packet.from, packet.to))
                .or_default()
                .count(packet);
        }
        for ((from, to), direction) in directions {
            let _ = write!(
                text,
                "{} to {}: {} SYN, {} FIN, {} RST, {} URG",
                plain(&self.lanes[from].name),
                plain(&self.lanes[to].name),
                direction.syn,
                direction.fin,
                direction.rst,
                direction.urg,
            );
            if !says("bytes") {
                let _ = write!(text, ", {} bytes", direction.bytes);
            }
            text.push('\n');
        }
        text
    }
}

#[derive(Default)]
struct Direction {
    syn: u32,
    fin: u32,
    rst: u32,
    urg: u32,
    bytes: u64,
}

impl Direction {
    fn count(&mut self, packet: &Packet) {
        let has = |flag: &str| packet.flags.iter().any(|own| own == flag);
        self.syn += u32::from(has("SYN"));
        self.fin += u32::from(has("FIN"));
        self.rst += u32::from(has("RST"));
        self.urg += u32::from(has("URG"));
        self.bytes += u64::from(packet.length);
    }
}

/// The text with `#` for every number that is not exact.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut digits = String::new();
    for char in text.chars().chain(['\0']) {
        if char.is_ascii_digit() {
            digits.push(char);
            continue;
        }
        if !digits.is_empty() {
            let exact = digits.parse::<u64>().is_ok_and(|n| n < EXACT);
            out.push_str(if exact { &digits } else { "#" });
            digits.clear();
        }
        out.push(char);
    }
    out.pop();
    out
}
