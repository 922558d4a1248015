// ANCHOR: all
//! What a full accept queue does to the next client, for three backlogs.
//!
//! Watch for: how many clients get in before `accept` is called, and when the
//! one too many gets in.
//!
//! Both sides: cargo run --bin backlog
//! Client: cargo run --bin backlog client 127.0.0.1:5555 3
//!
//! Page: book/src/02-listen/backlog.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::poll::poll;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, connect,
    getsockname, listen, socket,
};
use stage::{Actor, Peer, misuse, wait_for_go};

const USAGE: &str = "usage: backlog [client ADDRESS COUNT]
example: backlog client 127.0.0.1:5555 3";

/// How long a kernel is given for what this program looks for.
const DEADLINE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] if cfg!(target_os = "linux") => both_sides(),
        [] => Actor::named("kernel")
            .step("not on this machine: the kernel's account needs Linux", ""),
        ["client", address, count] => {
            let count = count
                .parse()
                .map_err(|_| misuse(format!("{count} is not a count")))?;
            client(stage::address(address)?.into(), count)
        }
        _ => Err(misuse("backlog takes a role, an address and a count")),
    }
}

/// Three listening sockets, each with one client more than its queue takes;
/// then one call of `accept` for each.
fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let (mut listeners, mut clients) = (Vec::new(), Vec::new());
    for (label, backlog) in [("client A", 0), ("client B", 1), ("client C", 2)]
    {
        let listener = tcp_socket()?;
        let fd = listener.as_raw_fd();
        bind(fd, &SockaddrIn::new(127, 0, 0, 1, 0)).context("bind")?;
        listen(&listener, Backlog::new(backlog)?).context("listen")?;
        server.step(format!("listen({fd}, {backlog}) = 0"), "")?;
        let address: SockaddrIn = getsockname(fd)?;
        clients.push(fill(label, &listener, &address.to_string())?);
        listeners.push(listener);
    }
    let mut taken = Vec::new();
    for listener in &listeners {
        let (connection, _) = sys::accept(listener).context("accept")?;
        let (from, to) = (listener.as_raw_fd(), connection.as_raw_fd());
        server.step(format!("accept({from}) = {to}"), "")?;
        taken.push(connection);
    }
    for client in &mut clients {
        client.show()?;
    }
    clients.into_iter().try_for_each(Peer::finish)
}

/// Starts clients until the queue of `listener` is full, then one more.
fn fill(label: &str, listener: &OwnedFd, address: &str) -> Result<Peer> {
    let kernel = Actor::named("kernel");
    let fits = sys::accept_queue(listener)?.backlog + 1;
    let mut client =
        Peer::start(label, &["client", address, &fits.to_string()])?;
    for _ in 0..fits {
        client.show()?;
    }
    // A client may hear of its connection before this end has queued it.
    until(|| Ok(sys::accept_queue(listener)?.waiting == fits))?;
    kernel.step(format!("accept queue holds {fits}"), "full")?;
    client.go()?;
    until(|| Ok(sys::accept_queue(listener)?.dropped > 0))?;
    kernel.step("request dropped", "no answer sent")?;
    Ok(client)
}

// ANCHOR: client
/// Makes `count` connections, waits for a line, and makes one more.
fn client(address: SockaddrIn, count: usize) -> Result<()> {
    let mut connections = Vec::new();
    for number in 0..=count {
        if number == count {
            wait_for_go()?;
        }
        let start = Instant::now();
        let connection = tcp_socket()?;
        // Waits until this kernel has an answer for us.
        connect(connection.as_raw_fd(), &address)
            .with_context(|| format!("connect to {address}"))?;
        let spent = start.elapsed().as_millis();
        // ANCHOR_END: client
        let call = format!("connect({}) = 0", connection.as_raw_fd());
        Actor::new("client").step(call, &format!("after {spent} ms"))?;
        connections.push(connection);
    }
    Ok(())
}

fn tcp_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None).context("socket")
}

/// Looks at the kernel's account until it says `seen`: neither a full queue
/// nor a dropped request is an event that a process could wait for.
fn until(seen: impl Fn() -> Result<bool>) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !seen()? {
        ensure!(Instant::now() < deadline, "the kernel's account stays");
        poll(&mut [], 1_u8)?;
    }
    Ok(())
}
// ANCHOR_END: all
