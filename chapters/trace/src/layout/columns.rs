//! Who stands where: clients at the left, the listening process at the right.

use std::collections::BTreeMap;

use super::{Column, Kind};
use crate::recording::{Packet, Recording, Role};

/// A connection: the one who asked for it, and the one who was asked.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    /// The address of each side; the one who asked first.
    pub addresses: [String; 2],
    /// The column of each side.
    pub columns: [usize; 2],
    /// The lane of each side.
    pub lanes: [usize; 2],
    /// The descriptor of the one who asked, if pictures need it to tell
    /// connections apart.
    pub tag: Option<i32>,
}

impl Connection {
    /// Which side has this address.
    pub fn side(&self, address: &str) -> usize {
        usize::from(self.addresses[0] != address)
    }
}

/// Where everything stands.
#[derive(Debug)]
pub(super) struct Places {
    pub columns: Vec<Column>,
    /// The column of each lane.
    of_lane: Vec<usize>,
    /// The column of a lane's accepting sockets, if it talks to itself.
    far: Vec<Option<usize>>,
    pub connections: Vec<Connection>,
    by_ends: BTreeMap<(String, String), usize>,
}

impl Places {
    pub fn new(recording: &Recording) -> Places {
        let lanes = recording.lanes.len();
        let mut listens = vec![false; lanes];
        for call in &recording.calls {
            if call.name == "listen" && call.errno.is_none() {
                listens[call.lane] = true;
            }
        }
        for look in &recording.looks {
            if look.remote.is_none() && look.state == "LISTEN" {
                listens[look.lane] = true;
            }
        }
        let mut asked = vec![false; lanes];
        let mut itself = vec![false; lanes];
        for packet in &recording.packets {
            if packet.from == packet.to {
                itself[packet.from] = true;
            } else if shape_is(packet, "SYN") && !shape_is(packet, "ACK") {
                asked[packet.to] = true;
            }
        }
        // A process that talks to nobody but itself is the one who asks.
        let right =
            |lane: usize| asked[lane] || (listens[lane] && !itself[lane]);
        let mut order: Vec<usize> =
            (0..lanes).filter(|lane| !right(*lane)).collect();
        order.extend((0..lanes).filter(|lane| right(*lane)));

        let mut places = Places {
            columns: Vec::new(),
            of_lane: vec![0; lanes],
            far: vec![None; lanes],
            connections: Vec::new(),
            by_ends: BTreeMap::new(),
        };
        for lane in order {
            places.of_lane[lane] = places.columns.len();
            let kind = match recording.lanes[lane].role {
                Role::Program => Kind::Program,
                Role::Check => Kind::Check,
                Role::Unknown if only_refuses(recording, lane) => Kind::Nobody,
                Role::Unknown => Kind::Unknown,
            };
            let name = &recording.lanes[lane].name;
            places.columns.push(Column {
                name: if kind == Kind::Nobody {
                    format!("nobody at {name}")
                } else {
                    name.clone()
                },
                kind,
                listens: listens[lane] && !itself[lane],
                rail: false,
            });
        }
        for lane in (0..lanes).filter(|lane| itself[*lane]) {
            places.far[lane] = Some(places.columns.len());
            places.columns.push(Column {
                name: recording.lanes[lane].name.clone(),
                kind: Kind::Far,
                listens: listens[lane],
                rail: true,
            });
        }
        for packet in &recording.packets {
            places.add(packet);
        }
        places.tag(recording);
        places
    }

    fn add(&mut self, packet: &Packet) {
        let key = ends(&packet.source, &packet.target);
        if self.by_ends.contains_key(&key) {
            return;
        }
        // Who agrees was asked, if the question was not seen.
        let turned = shape_is(packet, "SYN") && shape_is(packet, "ACK");
        let (source, target) = (packet.source.clone(), packet.target.clone());
        let (asker, asked) = if turned {
            ((packet.to, target), (packet.from, source))
        } else {
            ((packet.from, source), (packet.to, target))
        };
        let far = (asker.0 == asked.0)
            .then(|| self.far[asked.0])
            .flatten()
            .unwrap_or(self.of_lane[asked.0]);
        self.by_ends.insert(key, self.connections.len());
        self.connections.push(Connection {
            addresses: [asker.1, asked.1],
            columns: [self.of_lane[asker.0], far],
            lanes: [asker.0, asked.0],
            tag: None,
        });
    }

    /// Connections between the same two need names.
    fn tag(&mut self, recording: &Recording) {
        let mut between: BTreeMap<[usize; 2], usize> = BTreeMap::new();
        for connection in &self.connections {
            *between.entry(connection.columns).or_default() += 1;
        }
        for at in 0..self.connections.len() {
            if between[&self.connections[at].columns] < 2 {
                continue;
            }
            let [local, remote] = &self.connections[at].addresses;
            let lane = self.connections[at].lanes[0];
            let name = format!("{local}->{remote}");
            let told = recording.calls.iter().find(|call| {
                call.lane == lane && call.socket.as_deref() == Some(&name)
            });
            let asked = || {
                let syn = recording
                    .packets
                    .iter()
                    .find(|p| p.source == *local && p.target == *remote)?;
                recording.calls.iter().rev().find(|call| {
                    call.lane == lane
                        && call.name == "connect"
                        && call.at <= syn.at
                        && call.args.contains(remote.as_str())
                })
            };
            let tag = told.or_else(asked).and_then(|call| call.fd);
            self.connections[at].tag = tag;
        }
    }

    pub fn column(&self, lane: usize) -> usize {
        self.of_lane[lane]
    }

    /// The column of a lane's listening sockets.
    pub fn listening(&self, lane: usize) -> usize {
        self.far[lane].unwrap_or(self.of_lane[lane])
    }

    pub fn connection(&self, one: &str, other: &str) -> Option<usize> {
        self.by_ends.get(&ends(one, other)).copied()
    }

    /// The connection and the side of `LOCAL->REMOTE`.
    pub fn socket(&self, socket: &str) -> Option<(usize, usize)> {
        let (local, remote) = socket.split_once("->")?;
        let (local, remote) = (plain(local), plain(remote));
        let connection = self.connection(&local, &remote)?;
        Some((connection, self.connections[connection].side(&local)))
    }
}

/// An address of IPv4 as such, where it stands in one of IPv6.
fn plain(address: &str) -> String {
    match address.strip_prefix("[::ffff:") {
        Some(rest) => rest.replacen(']', "", 1),
        None => address.to_owned(),
    }
}

fn ends(one: &str, other: &str) -> (String, String) {
    if one < other {
        (one.to_owned(), other.to_owned())
    } else {
        (other.to_owned(), one.to_owned())
    }
}

/// Whether the packet has this flag.
pub(super) fn shape_is(packet: &Packet, flag: &str) -> bool {
    packet.flags.iter().any(|f| f == flag)
}

/// Whether all that is known of the lane is that it refused.
fn only_refuses(recording: &Recording, lane: usize) -> bool {
    let mut sent = recording.packets.iter().filter(|p| p.from == lane);
    let got = recording.packets.iter().any(|p| p.to == lane);
    got && sent.all(|p| shape_is(p, "RST"))
}
