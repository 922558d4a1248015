//! A part of a recording.

use crate::recording::{Call, Recording, Role};

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
        // A process among them may have had to do with others.
        let with_others = self.with_others(&keep);
        self.calls.retain(|call| {
            let peer = call.socket.as_ref();
            !peer.is_some_and(|socket| with_others.contains(socket))
        });
        self.keep(&keep);
        Ok(())
    }

    /// The sockets, `LOCAL->REMOTE`, that connect a process that is kept with
    /// one that is not.
    fn with_others(&self, keep: &[bool]) -> Vec<String> {
        self.packets
            .iter()
            .filter(|packet| keep[packet.from] != keep[packet.to])
            .flat_map(|packet| {
                let (a, b) = (&packet.source, &packet.target);
                [format!("{a}->{b}"), format!("{b}->{a}")]
            })
            .collect()
    }

    /// Leaves out processes that had nothing to do with a socket.
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
    pub(crate) fn fold(&mut self) {
        let mut others: Vec<u64> = self.packets.iter().map(|p| p.at).collect();
        others.extend(self.notes.iter().map(|note| note.at));
        others.sort_unstable();
        let mut folded: Vec<Call> = Vec::new();
        for call in self.calls.drain(..) {
            if let Some(last) = folded.last_mut()
                && is_the_same(last, &call)
                && let (Some(took), Some(more)) = (last.took, call.took)
            {
                let next = others.partition_point(|at| *at < last.at + took);
                if others.get(next).is_none_or(|at| *at > call.at) {
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
