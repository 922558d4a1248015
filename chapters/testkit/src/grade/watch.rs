//! A check that is watched while it runs, for a picture of it.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::time::SystemTime;

use anyhow::Result;

/// Something that watches what a check and its programs do.
pub trait Watching {
    /// The command by which the check starts its program number `number` (the
    /// first is 0), in front of the program's own; empty: the program is
    /// started as it is. It must leave the program a child of the check.
    fn starts_by(&mut self, number: usize) -> Vec<OsString>;

    /// All is over: what the check has to tell.
    fn ends(self: Box<Self>, story: Story) -> Result<()>;
}

/// Makes such a watcher, in the surroundings of the check; what it finds goes
/// into that folder.
pub type Watcher = fn(&Path) -> Result<Box<dyn Watching>>;

/// What a watched check tells.
#[derive(Debug, Clone)]
pub struct Story {
    /// The exercise and the check.
    pub check: (String, String),
    /// What was done.
    pub steps: Vec<Step>,
    /// What should have come next and what did, if the program failed.
    pub failure: Option<course::Failure>,
    /// The peers that it played.
    pub peers: Vec<PeerAt>,
}

/// One thing that a check did.
#[derive(Debug, Clone)]
pub struct Step {
    /// When it was done, in nanoseconds since 1970.
    pub at: u64,
    /// What.
    pub text: String,
}

/// A peer that a check played.
#[derive(Debug, Clone)]
pub struct PeerAt {
    /// Its name: `client A`.
    pub name: String,
    /// Its own end of the connection.
    pub local: SocketAddr,
    /// The program's end.
    pub remote: SocketAddr,
}

impl Step {
    pub(super) fn now(text: String) -> Step {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at = u64::try_from(since.as_nanos()).unwrap_or(u64::MAX);
        Step { at, text }
    }
}
