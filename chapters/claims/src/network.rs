//! Networks that a probe lays out for itself: a second machine on a cable, and
//! a place where nothing answers. Only for claims that need `userns` and
//! `tool:ip`: all of it goes with the probe's process.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsRawFd;
use std::process::{Command, id};

use anyhow::{Context, Result, bail};
use nix::sched::{CloneFlags, setns, unshare};
use nix::sys::socket::SockaddrIn;
use testkit::Skip;

use crate::scene;

/// Our end of the cable.
pub const NEAR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);

/// The other machine's end of the cable.
pub const FAR: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// The Ethernet address of the other machine's end of the cable.
pub const FAR_LINK: &str = "02:00:00:00:00:02";

/// An address of the cable's network that no machine has.
pub const ABSENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);

/// An address to which a packet sets out and from which nothing comes, after
/// [`black_hole`].
pub const HOLE: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// An address of a network to which nothing leads.
pub const NOWHERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);

/// A machine of its own, as far as its network goes: interfaces, addresses,
/// routes, ports and settings.
pub struct Machine(File);

impl Machine {
    /// A machine without a cable, with `lo` switched off.
    pub fn new() -> Result<Machine> {
        let ours = own_network()?;
        unshare(CloneFlags::CLONE_NEWNET).context("unshare")?;
        let theirs = own_network();
        setns(&ours, CloneFlags::CLONE_NEWNET).context("setns")?;
        Ok(Machine(theirs?))
    }

    /// Does this on that machine. A socket stays on the machine on which it
    /// was made; `scene::set` changes that machine's settings.
    pub fn on<T>(&self, act: impl FnOnce() -> Result<T>) -> Result<T> {
        let ours = own_network()?;
        setns(&self.0, CloneFlags::CLONE_NEWNET).context("setns")?;
        let result = act();
        setns(&ours, CloneFlags::CLONE_NEWNET).context("setns")?;
        result
    }
}

/// The network of this thread; another thread may be on another one.
fn own_network() -> Result<File> {
    let path = "/proc/thread-self/ns/net";
    File::open(path).with_context(|| format!("open {path}"))
}

/// A second machine, on a cable to this one: [`NEAR`] is here, [`FAR`] there.
pub fn cabled() -> Result<Machine> {
    let machine = Machine::new()?;
    let theirs = format!("/proc/{}/fd/{}", id(), machine.0.as_raw_fd());
    ip(&format!(
        "link add near type veth peer name far \
         address {FAR_LINK} netns {theirs}\n\
         address add {NEAR}/24 dev near\n\
         link set near up\n"
    ))
    // A kernel can be built without this kind of cable.
    .map_err(|error| Skip(format!("needs a veth cable: {error:#}")))?;
    machine.on(|| {
        ip(&format!(
            "link set lo up\n\
             address add {FAR}/24 dev far\n\
             link set far up\n"
        ))
    })?;
    Ok(machine)
}

/// After this, our kernel asks once for an Ethernet address, and takes silence
/// for an answer after 0.1 s instead of three times 1 s.
pub fn give_up_soon() -> Result<()> {
    scene::set("net/ipv4/neigh/near/mcast_solicit", "1")?;
    scene::set("net/ipv4/neigh/near/retrans_time_ms", "100")
}

/// Makes [`HOLE`] swallow what is sent to it. The packets leave by the
/// loopback interface, come back, and belong to nobody.
pub fn black_hole() -> Result<()> {
    ip(&format!("route add {HOLE}/32 dev lo\n"))
}

/// This port of an address.
pub fn at(address: Ipv4Addr, port: u16) -> SockaddrIn {
    let [a, b, c, d] = address.octets();
    SockaddrIn::new(a, b, c, d, port)
}

/// Gives these commands to `ip`, each on a line of its own; they change the
/// network of the calling thread.
pub fn ip(commands: &str) -> Result<()> {
    batch("ip", commands)
}

/// The same for `tc`, in a claim that needs `tool:tc`.
pub fn tc(commands: &str) -> Result<()> {
    batch("tc", commands)
}

fn batch(program: &str, commands: &str) -> Result<()> {
    let mut command = Command::new(program);
    let ended = scene::run_with_input(command.args(["-batch", "-"]), commands)?;
    if !ended.status.success() {
        let why = String::from_utf8_lossy(&ended.stderr);
        bail!("{program} {commands:?}: {}", why.trim_end());
    }
    Ok(())
}
