//! A part of a recording.

use std::collections::{BTreeMap, BTreeSet};

#[cfg(target_os = "linux")]
use crate::recording::Role;
use crate::recording::{Call, Recording};

impl Recording {
    /// Only these processes, with what happened among them.
    ///
    /// # Errors
    ///
    /// A sentence, where there is no process of such a name.
    pub fn only(&mut self, names: &[String]) -> Result<(), String> {
        let lane = |name: &String| {
            self.lanes
                .iter()
                .position(|lane| lane.name == *name)
                .ok_or_else(|| {
                    let known: Vec<_> =
                        self.lanes.iter().map(|l| l.name.as_str()).collect();
                    format!(
                        "nobody is called {name:?} here; there are: {}",
                        known.join(", ")
                    )
                })
        };
        let wanted = names.iter().map(lane).collect::<Result<Vec<_>, _>>()?;
        let keep: Vec<bool> = (0..self.lanes.len())
            .map(|lane| wanted.contains(&lane))
            .collect();
        let strangers = Strangers::of(self, &keep);
        let mut sockets = Sockets::default();
        let mut stays: Vec<bool> = Vec::new();
        for call in &self.calls {
            stays.push(strangers.leave(call, &mut sockets));
        }
        // A socket shows only later whom it is connected with.
        let strange: Vec<bool> = self
            .calls
            .iter()
            .zip(sockets.of_call)
            .map(|(_, own)| {
                !own.is_empty()
                    && own.iter().all(|one| sockets.strange.contains(one))
            })
            .collect();
        let mut verdicts = stays.iter().zip(&strange);
        self.calls.retain(|_| {
            verdicts
                .next()
                .is_none_or(|(stays, strange)| *stays && !strange)
        });
        self.queue_only(&keep);
        self.keep(&keep);
        Ok(())
    }

    /// Takes out of the accept queues who is not kept.
    fn queue_only(&mut self, keep: &[bool]) {
        // When each connection that is kept was made and accepted.
        let mut waiting: Vec<(String, u64, u64)> = Vec::new();
        for packet in &self.packets {
            let both = keep[packet.from] && keep[packet.to];
            let syn = packet.flags.iter().any(|flag| flag == "SYN");
            let ends = format!("{}->{}", packet.target, packet.source);
            if both && !syn && !waiting.iter().any(|(own, ..)| *own == ends) {
                let accept = self
                    .calls
                    .iter()
                    .find(|call| call.brought.as_ref() == Some(&ends));
                let until = accept
                    .and_then(|call| Some(call.at + call.took?))
                    .unwrap_or(u64::MAX);
                waiting.push((ends, packet.at, until));
            }
        }
        for look in self.looks.iter_mut().filter(|l| l.remote.is_none()) {
            let own = waiting.iter().filter(|(ends, from, until)| {
                ends.starts_with(&format!("{}->", look.local))
                    && (*from..*until).contains(&look.at)
            });
            let own = u32::try_from(own.count()).unwrap_or(u32::MAX);
            look.receive_queue = look.receive_queue.min(own);
        }
    }

    /// Leaves out processes that had nothing to do with a socket.
    #[cfg(target_os = "linux")]
    pub(crate) fn leave_out_the_idle(&mut self) {
        let mut busy: Vec<bool> =
            self.lanes.iter().map(|l| l.role == Role::Check).collect();
        for call in &self.calls {
            busy[call.lane] = true;
        }
        for packet in &self.packets {
            busy[packet.from] = true;
            busy[packet.to] = true;
        }
        if busy.contains(&true) {
            self.keep(&busy);
        }
    }

    fn keep(&mut self, keep: &[bool]) {
        let mut kept = 0;
        let places: Vec<Option<usize>> = keep
            .iter()
            .map(|keep| {
                keep.then(|| {
                    kept += 1;
                    kept - 1
                })
            })
            .collect();
        let place = |lane: usize| places.get(lane).copied().flatten();
        let stays = |lane: &mut usize| match place(*lane) {
            Some(new) => {
                *lane = new;
                true
            }
            None => false,
        };
        let mut old = 0..;
        self.lanes.retain(|_| old.next().is_some_and(|at| keep[at]));
        self.calls.retain_mut(|call| stays(&mut call.lane));
        self.looks.retain_mut(|look| stays(&mut look.lane));
        self.notes.retain_mut(|note| stays(&mut note.lane));
        self.packets.retain_mut(|packet| {
            match (place(packet.from), place(packet.to)) {
                (Some(from), Some(to)) => {
                    (packet.from, packet.to) = (from, to);
                    true
                }
                _ => false,
            }
        });
    }

    /// Makes one of calls that were repeated with the same outcome while
    /// nothing else happened: a loop that asks and asks.
    #[cfg(target_os = "linux")]
    pub(crate) fn fold(&mut self) {
        let mut others: Vec<u64> = self.packets.iter().map(|p| p.at).collect();
        others.extend(self.notes.iter().map(|note| note.at));
        others.sort_unstable();
        let mut folded: Vec<Call> = Vec::new();
        for call in self.calls.drain(..) {
            if let Some(last) = folded.last_mut()
                && is_the_same(last, &call)
                // Each was interrupted by a signal of its own.
                && call.errno.as_deref() != Some("EINTR")
                && let (Some(took), Some(more)) = (last.took, call.took)
            {
                let next = others.partition_point(|at| *at < last.at + took);
                let end = call.at + more;
                if others.get(next).is_none_or(|at| *at > end) {
                    last.took = Some(call.at + more - last.at);
                    last.times += 1;
                    continue;
                }
            }
            folded.push(call);
        }
        self.calls = folded;
    }
}

/// The connections and listeners of processes that are kept with processes
/// that are not.
struct Strangers {
    connections: BTreeSet<String>,
    listeners: BTreeSet<String>,
}

impl Strangers {
    fn of(recording: &Recording, keep: &[bool]) -> Strangers {
        let mut connections = BTreeSet::new();
        let (mut called, mut called_by_own) =
            (BTreeSet::new(), BTreeSet::new());
        for packet in &recording.packets {
            let (a, b) = (&packet.source, &packet.target);
            if keep[packet.from] && keep[packet.to] {
                called_by_own.extend([a.clone(), b.clone()]);
            } else {
                connections.insert(format!("{a}->{b}"));
                connections.insert(format!("{b}->{a}"));
                called.extend([a.clone(), b.clone()]);
            }
        }
        let listeners = &called - &called_by_own;
        Strangers {
            connections,
            listeners,
        }
    }

    /// Follows the descriptors through a call, and says whether it stays by
    /// itself.
    fn leave(&self, call: &Call, sockets: &mut Sockets) -> bool {
        let made = match call.name.as_str() {
            "socket" | "accept" => {
                call.result.as_deref().and_then(|text| text.parse().ok())
            }
            _ => None,
        };
        let mut own: Vec<usize> = match call.name.as_str() {
            "socket" => Vec::new(),
            "select" | "pselect" | "poll" => descriptors(&call.args)
                .filter_map(|fd| sockets.get(call.lane, fd))
                .collect(),
            _ => {
                let fd = call.fd.and_then(|fd| sockets.get(call.lane, fd));
                fd.into_iter().collect()
            }
        };
        if let Some(fd) = made {
            let new = sockets.open(call.lane, fd);
            if call.name == "socket" {
                own.push(new);
            }
            let brought = call.brought.as_ref();
            if brought.is_some_and(|ends| self.connections.contains(ends)) {
                sockets.strange.insert(new);
            }
        }
        if let (Some(socket), [one]) = (&call.socket, &own[..])
            && (self.connections.contains(socket)
                || self.listeners.contains(socket))
        {
            sockets.strange.insert(*one);
        }
        sockets.of_call.push(own);
        !call
            .brought
            .as_ref()
            .is_some_and(|ends| self.connections.contains(ends))
    }
}

/// Which socket is behind each descriptor, as calls go by.
#[derive(Default)]
struct Sockets {
    open: BTreeMap<(usize, i32), usize>,
    count: usize,
    /// Those of each call so far.
    of_call: Vec<Vec<usize>>,
    /// Those that have to do with processes that are not kept.
    strange: BTreeSet<usize>,
}

impl Sockets {
    fn open(&mut self, lane: usize, fd: i32) -> usize {
        self.count += 1;
        self.open.insert((lane, fd), self.count);
        self.count
    }

    fn get(&self, lane: usize, fd: i32) -> Option<usize> {
        self.open.get(&(lane, fd)).copied()
    }
}

/// The numbers in the sets of a `select` or the list of a `poll`.
fn descriptors(args: &str) -> impl Iterator<Item = i32> {
    args.split(['{', '}'])
        .skip(1)
        .step_by(2)
        .flat_map(|set| set.split([',', ' ']))
        .filter_map(|word| word.parse().ok())
}

#[cfg(target_os = "linux")]
fn is_the_same(a: &Call, b: &Call) -> bool {
    let outcome = |call: &Call| {
        (
            call.lane,
            call.thread,
            call.name.clone(),
            call.args.clone(),
            call.result.clone(),
            call.errno.clone(),
        )
    };
    outcome(a) == outcome(b)
}
