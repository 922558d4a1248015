// ANCHOR: all
//! A full accept queue on a local socket: the next client waits asleep.
//!
//! Watch for: the three things that end its wait, and how soon.
//!
//! Both sides: cargo run --bin backlog-local
//! Client: cargo run --bin backlog-local client /tmp/name
//!
//! Page: book/src/02-listen/backlog-local.md

use std::env;
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::poll::poll;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, connect,
    listen, socket,
};
use nix::unistd::mkdtemp;
use stage::{Actor, Peer, misuse, outcome};

const USAGE: &str = "usage: backlog-local [client NAME]
example: backlog-local client /tmp/name";

/// The number that `/proc/PID/syscall` shows while a process is in `connect`.
#[cfg(target_os = "linux")]
const IN_CONNECT: nix::libc::c_long = nix::libc::SYS_connect;
/// Elsewhere nobody looks.
#[cfg(not(target_os = "linux"))]
const IN_CONNECT: i64 = 0;

/// How long a client is given to reach its call of `connect`.
const DEADLINE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] if cfg!(target_os = "linux") => both_sides(),
        [] => Actor::named("kernel")
            .step("not on this machine: /proc/PID/syscall needs Linux", ""),
        ["client", name] => client(Path::new(name)),
        _ => Err(misuse("backlog-local takes a role and a file name")),
    }
}

/// Client A fills the queue; B, C and D each meet it full.
fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let template = env::temp_dir().join("backlog-XXXXXX");
    let folder = Folder(mkdtemp(&template).context("mkdtemp")?);
    let name = folder.0.join("name");
    let listener = local_socket()?;
    let fd = listener.as_raw_fd();
    bind(fd, &UnixAddr::new(&name)?).context("bind")?;
    listen(&listener, Backlog::new(0)?).context("listen")?;
    server.step(format!("listen({fd}, 0) = 0"), "")?;
    start("client A", &name)?.finish()?;

    let waiting = asleep("client B", &name)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    server.step(format!("accept({fd}) = {}", connection.as_raw_fd()), "")?;
    waiting.finish()?;

    let waiting = asleep("client C", &name)?;
    listen(&listener, Backlog::new(1)?).context("listen")?;
    server.step(format!("listen({fd}, 1) = 0"), "a longer queue")?;
    waiting.finish()?;

    let waiting = asleep("client D", &name)?;
    drop(listener);
    server.step(format!("close({fd}) = 0"), "")?;
    waiting.finish()
}

fn start(label: &str, name: &Path) -> Result<Peer> {
    Peer::start(label, &["client", &name.to_string_lossy()])
}

/// Starts a client and looks at it until it sleeps in `connect`: that is no
/// event of which another process is told.
fn asleep(label: &str, name: &Path) -> Result<Peer> {
    let client = start(label, name)?;
    // In a process that sleeps in a call: that call's number comes first.
    let account = format!("/proc/{}/syscall", client.pid());
    let in_connect = format!("{IN_CONNECT} ");
    let deadline = Instant::now() + DEADLINE;
    while !fs::read_to_string(&account)
        .with_context(|| format!("read {account}"))?
        .starts_with(&in_connect)
    {
        ensure!(Instant::now() < deadline, "{label} is not in connect");
        poll(&mut [], 1_u8)?;
    }
    let says = format!("{label} sleeps in connect");
    Actor::named("kernel").step(says, "")?;
    Ok(client)
}

/// Connects, and says how long that took.
fn client(name: &Path) -> Result<()> {
    let client = Actor::new("client");
    // ANCHOR: client
    let connection = local_socket()?;
    let target = UnixAddr::new(name)?;
    let start = Instant::now();
    let connected = connect(connection.as_raw_fd(), &target);
    let spent = start.elapsed().as_millis();
    // ANCHOR_END: client
    let fd = connection.as_raw_fd();
    let call = format!("connect({fd}) = {}", outcome(&connected));
    client.step(call, &format!("after {spent} ms"))
}

fn local_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Unix, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}

/// A private folder that goes when the program ends, failed or not.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
// ANCHOR_END: all
