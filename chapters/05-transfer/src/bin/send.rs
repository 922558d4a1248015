// ANCHOR: all
//! What the number that `send` returns says, and what it does not.
//!
//! Watch for: what the two kernels hold after each `send`, and which of the
//! three clients can tell that nobody read its bytes.
//!
//! Both sides: cargo run --bin send
//! Client: cargo run --bin send client 127.0.0.1:5555 16000000
//!
//! Page: book/src/05-transfer/send.md

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ch_05_transfer::{queues, send_all};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, connect,
    getsockname, listen, send, socket,
};
use stage::{Actor, Peer, announce, misuse, outcome, wait_for_go};

const USAGE: &str = "usage: send [client ADDRESS COUNT]
example: send client 127.0.0.1:5555 16000000";

/// More bytes than two kernels hold while nobody reads.
const MANY: usize = 16_000_000;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["client", address, count] => client(address, count),
        _ => Err(misuse("send takes a role, an address and a count")),
    }
}

/// The server, which reads what one client of three has sent.
fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(1)?)?;
    let here: SockaddrIn = getsockname(listener.as_raw_fd())?;
    announce(here)?;
    let clients = [("client A", 5), ("client B", MANY), ("client C", MANY)];
    for (label, count) in clients {
        let args = ["client", &here.to_string(), &count.to_string()];
        let mut client = Peer::start(label, &args)?;
        let (connection, from) = sys::accept(&listener).context("accept")?;
        let fd = connection.as_raw_fd();
        let from = from.as_sockaddr_in().context("an IPv4 client")?.port();
        if label == "client A" {
            client.show()?;
        }
        show_queues(label, client.pid(), from, here.port())?;
        // A File reads from a socket as it reads from a file.
        let mut connection = File::from(connection);
        if label == "client B" {
            connection.read_exact(&mut vec![0; count]).context("read")?;
            client.show()?;
            server.step(format!("read({fd}) = {count}"), "in many calls")?;
        }
        drop(connection);
        server.step(format!("close({fd}) = 0"), "")?;
        client.finish()?;
    }
    Ok(())
}

/// Prints how many bytes each kernel holds, once the client has slept for a
/// while. No event tells the server that, so it has to look.
fn show_queues(label: &str, pid: u32, from: u16, to: u16) -> Result<()> {
    let kernel = Actor::named("kernel");
    if !cfg!(target_os = "linux") {
        return kernel.step("", "needs /proc of Linux");
    }
    let mut asleep = 0;
    for _ in 0..100 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        asleep = if stat.contains(") S ") { asleep + 1 } else { 0 };
        // A kernel may keep an acknowledgement back for 200 ms. Until then the
        // bytes count in both queues.
        if asleep > 3 {
            let (sent, arrived) = queues(from, to)?;
            let client = format!("{label}: Send-Q {sent}");
            kernel.step(client, "not acknowledged")?;
            let server = format!("server: Recv-Q {arrived}");
            return kernel.step(server, "not read");
        }
        nix::poll::poll(&mut [], 80u8)?;
    }
    bail!("{label} does not fall asleep")
}

fn client(address: &str, count: &str) -> Result<()> {
    let client = Actor::new("client");
    let not_a_count = |_| misuse(format!("{count} is not a count of bytes"));
    let count: usize = count.parse().map_err(not_a_count)?;
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let connection = socket(family, kind, SockFlag::empty(), None)?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;

    // ANCHOR: send
    let bytes = vec![b'x'; count];
    // https://man7.org/linux/man-pages/man2/send.2.html
    let sent = send(fd, &bytes, sys::MSG_NOSIGNAL).context("send")?;
    let rest = &bytes[sent..];
    // ANCHOR_END: send
    client.step(format!("send({fd}, {count} bytes) = {sent}"), "")?;
    if !rest.is_empty() {
        // ANCHOR: rest
        let result = send_all(&connection, rest);
        // ANCHOR_END: rest
        client.step(format!("send_all(rest) = {}", outcome(&result)), "")?;
    }
    wait_for_go()?;
    // std and nix close without telling what `close` returned.
    nix::unistd::close(connection)?;
    client.step(format!("close({fd}) = 0"), "")
}
// ANCHOR_END: all
