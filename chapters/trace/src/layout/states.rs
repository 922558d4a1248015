//! The states of RFC 9293, worked out from the packets and confirmed or
//! corrected by what the kernel said when it was asked.

use super::columns::{Places, shape_is};
use crate::recording::Packet;

/// A state, and the packet that led to it.
#[derive(Debug, Clone, Default)]
pub(super) struct Side {
    pub state: &'static str,
    /// The number of its FIN, once it was sent.
    fin: Option<u32>,
}

/// The two sides of each connection.
#[derive(Debug)]
pub(super) struct States(Vec<[Side; 2]>);

impl States {
    pub fn new(places: &Places) -> States {
        let sides = || [Side::default(), Side::default()];
        States(places.connections.iter().map(|_| sides()).collect())
    }

    pub fn get(&self, connection: usize, side: usize) -> &'static str {
        self.0[connection][side].state
    }

    pub fn set(&mut self, connection: usize, side: usize, state: &'static str) {
        self.0[connection][side].state = state;
    }

    /// What a packet changes: sides and their new states.
    pub fn packet(
        &mut self,
        connection: usize,
        sender: usize,
        packet: &Packet,
    ) -> Vec<(usize, &'static str)> {
        let before = self.0[connection].clone();
        let receiver = 1 - sender;
        let is = |flag| shape_is(packet, flag);
        let sides = &mut self.0[connection];
        if is("RST") {
            for side in [sender, receiver] {
                if !sides[side].state.is_empty() {
                    sides[side].state = "CLOSED";
                }
            }
            return changes(&before, &self.0[connection]);
        }
        if is("SYN") && is("ACK") {
            if sides[sender].state.is_empty() {
                sides[sender].state = "SYN-RECEIVED";
            }
            if matches!(sides[receiver].state, "SYN-SENT" | "") {
                sides[receiver].state = "ESTABLISHED";
            }
        } else if is("SYN") {
            if sides[sender].state.is_empty() {
                sides[sender].state = "SYN-SENT";
            }
        } else if let Some(ack) = packet.ack {
            if sides[sender].state == "ESTABLISHED"
                && sides[receiver].state == "SYN-RECEIVED"
            {
                sides[receiver].state = "ESTABLISHED";
            }
            if sides[receiver].fin.is_some_and(|fin| ack > fin) {
                sides[receiver].state = match sides[receiver].state {
                    "FIN-WAIT-1" => "FIN-WAIT-2",
                    "CLOSING" => "TIME-WAIT",
                    "LAST-ACK" => "CLOSED",
                    other => other,
                };
            }
        }
        if is("FIN") {
            sides[sender].fin = Some(packet.seq + packet.length);
            sides[sender].state = match sides[sender].state {
                "ESTABLISHED" | "SYN-RECEIVED" => "FIN-WAIT-1",
                "CLOSE-WAIT" => "LAST-ACK",
                other => other,
            };
            sides[receiver].state = match sides[receiver].state {
                "ESTABLISHED" | "SYN-RECEIVED" => "CLOSE-WAIT",
                "FIN-WAIT-1" => "CLOSING",
                "FIN-WAIT-2" => "TIME-WAIT",
                other => other,
            };
        }
        changes(&before, &self.0[connection])
    }
}

fn changes(
    before: &[Side; 2],
    after: &[Side; 2],
) -> Vec<(usize, &'static str)> {
    (0..2)
        .filter(|side| before[*side].state != after[*side].state)
        .map(|side| (side, after[side].state))
        .collect()
}

/// A state that the kernel named, as one of ours; `None`: no news of a state.
pub(super) fn known(state: &str) -> Option<&'static str> {
    [
        "SYN-SENT",
        "SYN-RECEIVED",
        "ESTABLISHED",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "CLOSE-WAIT",
        "CLOSING",
        "LAST-ACK",
        "TIME-WAIT",
    ]
    .into_iter()
    .find(|known| *known == state)
}
