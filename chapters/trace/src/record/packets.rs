//! Packets and the kernel's answers, each with the process whose socket it is.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use etherparse::{LaxSlicedPacket, TransportSlice};

use super::assemble::{Around, THE_CHECK};
use super::call::HEAD;
use super::capture::{self, Captured};
use super::happenings::Seen;
use crate::recording::{Call, Lane, Look, Packet, Role};

/// Which lane a socket belongs to.
pub(super) struct Ends {
    connected: BTreeMap<(SocketAddr, SocketAddr), usize>,
    listening: BTreeMap<SocketAddr, usize>,
}

impl Ends {
    pub(super) fn new(
        calls: &[Seen],
        captured: &Captured,
        micro: &impl Fn(u64) -> u64,
    ) -> Ends {
        let mut ends = Ends {
            connected: BTreeMap::new(),
            listening: BTreeMap::new(),
        };
        for Seen { call, .. } in calls {
            // Another process may have inherited it; the first one made it.
            if let Some(socket) = &call.socket {
                if let Some((local, remote)) = connection(socket) {
                    ends.connected.entry((local, remote)).or_insert(call.lane);
                } else if call.name == "listen"
                    && let Ok(local) = socket.parse()
                {
                    ends.listening.entry(local).or_insert(call.lane);
                }
            }
        }
        // A connection that was refused, or never used: its SYN left during
        // the call of connect.
        for Seen { call, next, .. } in calls {
            if call.name != "connect" {
                continue;
            }
            let Some(target) = call.args.split(", ").nth(1) else {
                continue;
            };
            let Ok(target) = target.parse::<SocketAddr>() else {
                continue;
            };
            let syn = captured.frames.iter().find_map(|frame| {
                let at = micro(frame.at);
                if at < call.at || at > *next {
                    return None;
                }
                let (source, to) = capture::ends(&frame.bytes)?;
                let known = ends.connected.contains_key(&(source, to));
                (to.port() == target.port() && !known).then_some((source, to))
            });
            if let Some(key) = syn {
                ends.connected.insert(key, call.lane);
            }
        }
        ends
    }

    fn find(&self, local: SocketAddr, remote: SocketAddr) -> Option<usize> {
        if let Some(lane) = self.connected.get(&(local, remote)) {
            return Some(*lane);
        }
        // In the accept queue: nobody's yet but the listener's.
        self.listening.iter().find_map(|(address, lane)| {
            (address.port() == local.port()
                && (address.ip() == local.ip()
                    || address.ip().is_unspecified()))
            .then_some(*lane)
        })
    }
}

/// `LOCAL->REMOTE` as two addresses; those of IPv4 in IPv6 as IPv4.
fn connection(socket: &str) -> Option<(SocketAddr, SocketAddr)> {
    let (local, remote) = socket.split_once("->")?;
    Some((plain(local.parse().ok()?), plain(remote.parse().ok()?)))
}

fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// One direction of a connection, as far as it has been seen.
#[derive(Default)]
struct Direction {
    /// The number of its SYN.
    first: u32,
    /// Which bytes were sent, counted from `first`: from, to. Two processors
    /// may hand over what was sent one after another the other way round.
    sent: Vec<(u32, u32)>,
    syn: bool,
    fin: bool,
}

impl Direction {
    /// Whether all of these bytes were sent before.
    fn has_sent(&self, from: u32, to: u32) -> bool {
        self.sent.iter().any(|part| part.0 <= from && to <= part.1)
    }

    fn sends(&mut self, from: u32, to: u32) {
        self.sent.push((from, to));
        self.sent.sort_unstable();
        let mut whole: Vec<(u32, u32)> = Vec::new();
        for part in self.sent.drain(..) {
            match whole.last_mut() {
                Some(last) if part.0 <= last.1 => last.1 = last.1.max(part.1),
                _ => whole.push(part),
            }
        }
        self.sent = whole;
    }
}

/// The packets of TCP that were captured.
pub(super) fn packets(
    captured: &Captured,
    ends: &mut Ends,
    lanes: &mut Vec<Lane>,
    around: &Around,
    micro: &impl Fn(u64) -> u64,
) -> Vec<Packet> {
    let mut directions: BTreeMap<(SocketAddr, SocketAddr), Direction> =
        BTreeMap::new();
    let mut all = Vec::new();
    for frame in &captured.frames {
        let Ok(sliced) = LaxSlicedPacket::from_ethernet(&frame.bytes) else {
            continue;
        };
        let Some((source, target)) = capture::addresses(&sliced) else {
            continue;
        };
        let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
            continue;
        };
        let mut lane = |local, remote| {
            ends.find(local, remote).unwrap_or_else(|| {
                let lane = stranger(lanes, around, local, remote);
                ends.connected.insert((local, remote), lane);
                lane
            })
        };
        let (from, to) = (lane(source, target), lane(target, source));
        let cut = frame.length.saturating_sub(frame.bytes.len());
        let payload = tcp.payload();
        let length = u32::try_from(payload.len() + cut).unwrap_or(u32::MAX);

        let number = tcp.sequence_number();
        let own = directions.entry((source, target)).or_insert(Direction {
            first: number,
            ..Direction::default()
        });
        if tcp.syn() && !own.syn {
            own.first = number;
        }
        let seq = number.wrapping_sub(own.first);
        let again = (tcp.syn() && own.syn)
            || (tcp.fin() && own.fin)
            || (length > 0 && own.has_sent(seq, seq.wrapping_add(length)));
        own.syn |= tcp.syn();
        own.fin |= tcp.fin();
        if length > 0 {
            own.sends(seq, seq.wrapping_add(length));
        }
        let ack = tcp.ack().then(|| {
            let other = directions.get(&(target, source));
            let first = other.map_or(0, |other| other.first);
            tcp.acknowledgment_number().wrapping_sub(first)
        });
        let flags = [
            ("SYN", tcp.syn()),
            ("FIN", tcp.fin()),
            ("RST", tcp.rst()),
            ("PSH", tcp.psh()),
            ("ACK", tcp.ack()),
            ("URG", tcp.urg()),
        ];
        all.push(Packet {
            at: micro(frame.at),
            from,
            to,
            source: source.to_string(),
            target: target.to_string(),
            flags: flags
                .into_iter()
                .filter(|(_, set)| *set)
                .map(|(name, _)| name.to_owned())
                .collect(),
            seq,
            ack,
            length,
            window: u32::from(tcp.window_size()),
            urgent: tcp.urg().then(|| tcp.urgent_pointer()),
            head: payload[..payload.len().min(HEAD)]
                .escape_ascii()
                .to_string(),
            again,
        });
    }
    all.sort_by_key(|packet| packet.at);
    all
}

/// Sets the times of calls right by the packets that they sent.
///
/// strace stamps a call before it has looked up what its descriptor is; for a
/// socket without an address that takes most of a millisecond. So a call ends
/// by as much later as its packet is.
pub(super) fn set_right(calls: Vec<Seen>, packets: &[Packet]) -> Vec<Call> {
    calls
        .into_iter()
        .map(|Seen { mut call, next, .. }| {
            let Some(took) = call.took else {
                return call;
            };
            let local = call
                .socket
                .as_deref()
                .and_then(|socket| socket.split("->").next());
            let own = packets.iter().filter(|packet| {
                packet.from == call.lane
                    && packet.at > call.at + took
                    && packet.at < next
                    && sent_by(&call, packet)
                    && local.is_none_or(|local| packet.source == local)
            });
            if let Some(last) = own.max_by_key(|packet| packet.at) {
                // Its own end comes after that, by strace's next line.
                call.took = Some(last.at + 1 - call.at);
            }
            call
        })
        .collect()
}

/// Whether a call of this name sends such a packet.
fn sent_by(call: &Call, packet: &Packet) -> bool {
    let has = |flag: &str| packet.flags.iter().any(|own| own == flag);
    match call.name.as_str() {
        // Its SYN, and the ACK that ends the handshake.
        "connect" => has("SYN") || packet.length == 0,
        "send" | "write" => packet.length > 0,
        "close" | "shutdown" => has("FIN") || has("RST"),
        _ => false,
    }
}

/// The lane for an address of which no call told.
fn stranger(
    lanes: &mut Vec<Lane>,
    around: &Around,
    local: SocketAddr,
    remote: SocketAddr,
) -> usize {
    let peer = around
        .peers
        .iter()
        .find(|peer| (peer.local, peer.remote) == (local, remote))
        .map(|peer| peer.name.clone());
    let checked = around.check.is_some();
    let (name, role) = match peer {
        Some(name) => (name, Role::Check),
        None if checked => (THE_CHECK.to_owned(), Role::Check),
        // The side that was called has a port that somebody chose.
        None => (format!("port {}", local.port()), Role::Unknown),
    };
    if let Some(at) = lanes
        .iter()
        .position(|lane| lane.role == role && lane.name == name)
    {
        return at;
    }
    lanes.push(Lane {
        name,
        role,
        end: None,
    });
    lanes.len() - 1
}

/// What the kernel said of the sockets.
pub(super) fn looks(
    captured: &Captured,
    ends: &Ends,
    micro: &impl Fn(u64) -> u64,
) -> Vec<Look> {
    captured
        .asked
        .iter()
        .filter_map(|asked| {
            let lane = match asked.remote {
                Some(remote) => ends.find(asked.local, remote)?,
                None => *ends.listening.iter().find_map(|(at, lane)| {
                    (at.port() == asked.local.port()).then_some(lane)
                })?,
            };
            let (state, receive_queue, send_queue) = match asked.found {
                Some(socket) => {
                    let state = state(socket.state);
                    // The kernel counts a SYN and a FIN as a byte.
                    let ended = matches!(
                        state,
                        "CLOSE-WAIT" | "LAST-ACK" | "CLOSING" | "TIME-WAIT"
                    );
                    let in_flight = matches!(
                        state,
                        "SYN-SENT" | "FIN-WAIT-1" | "LAST-ACK" | "CLOSING"
                    );
                    (
                        state,
                        socket.receive_queue.saturating_sub(ended.into()),
                        socket.send_queue.saturating_sub(in_flight.into()),
                    )
                }
                None => ("gone", 0, 0),
            };
            Some(Look {
                at: micro(asked.at),
                lane,
                local: asked.local.to_string(),
                remote: asked.remote.map(|remote| remote.to_string()),
                state: state.to_owned(),
                receive_queue,
                send_queue,
            })
        })
        .collect()
}

/// A state of `<linux/tcp_states.h>` in the words of RFC 9293.
fn state(number: u8) -> &'static str {
    match number {
        1 => "ESTABLISHED",
        2 => "SYN-SENT",
        3 | 12 => "SYN-RECEIVED",
        4 => "FIN-WAIT-1",
        5 => "FIN-WAIT-2",
        6 => "TIME-WAIT",
        8 => "CLOSE-WAIT",
        9 => "LAST-ACK",
        10 => "LISTEN",
        11 => "CLOSING",
        _ => "CLOSED",
    }
}

#[cfg(test)]
mod tests {
    use super::Direction;

    #[test]
    fn what_comes_the_other_way_round_was_not_sent_before() {
        let mut direction = Direction::default();
        direction.sends(101, 201);
        assert!(!direction.has_sent(1, 101));
        direction.sends(1, 101);
        assert!(direction.has_sent(1, 101));
        assert!(direction.has_sent(50, 150));
        assert!(!direction.has_sent(150, 202));
        assert_eq!(direction.sent, [(1, 201)]);
    }
}
