// ANCHOR: all
//! What a process does while it waits, and what its kernel does meanwhile.
//!
//! Watch for: the processor time of a server that waits, and where the bytes
//! are while the server does not read.
//!
//! Both sides: cargo run --bin waiting
//! Server: cargo run --bin waiting server 127.0.0.1:5555
//!
//! Page: book/src/00-first-contact/waiting.md

use std::fs;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use nix::poll::poll;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use stage::{Actor, Peer, address, announce, misuse, wait_for_go};

const USAGE: &str = "usage: waiting [server ADDRESS]
example: waiting server 127.0.0.1:5555";

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] => both_sides(),
        ["server", name] => serve(address(name)?),
        _ => Err(misuse("waiting takes a role and an address")),
    }
}

/// Plays the client, and asks the kernel about the server in between.
fn both_sides() -> Result<()> {
    ensure!(cfg!(target_os = "linux"), "it needs Linux's /proc");
    let mut server = Peer::start("server", &["server", "127.0.0.1:0"])?;
    let address = address(&server.listening()?)?;
    report(server.pid(), 3)?;
    let connection = stream_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(address))
        .with_context(|| format!("connect to {address}"))?;
    Actor::new("client").step(format!("connect({fd}) = 0"), "")?;
    server.show()?; // accept
    let count = say(fd, "hello")?;
    report(server.pid(), 0)?;
    receive_queue(getsockname(fd)?, count)?;
    server.go()?;
    server.show()?; // recv
    report(server.pid(), 4)?;
    say(fd, "again")?;
    server.finish()
}

/// Waits three times: for a client, for a line on standard input, for bytes.
fn serve(address: SocketAddrV4) -> Result<()> {
    let server = Actor::new("server");
    let listener = stream_socket()?;
    bind(listener.as_raw_fd(), &SockaddrIn::from(address))
        .with_context(|| format!("bind {address}"))?;
    listen(&listener, Backlog::new(1)?)?;
    announce(getsockname::<SockaddrIn>(listener.as_raw_fd())?)?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    let talk = connection.as_raw_fd();
    server.step(format!("accept({}) = {talk}", listener.as_raw_fd()), "")?;
    wait_for_go()?; // for something that is no socket
    for _ in 0..2 {
        let mut buffer = [0; 64];
        // https://man7.org/linux/man-pages/man2/recv.2.html
        let n = recv(talk, &mut buffer, MsgFlags::empty()).context("recv")?;
        let said = buffer[..n].escape_ascii();
        server.step(format!("recv({talk}) = {n} \"{said}\""), "")?;
    }
    Ok(())
}

fn stream_socket() -> Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    Ok(socket(family, kind, SockFlag::empty(), None)?)
}

/// Gives the kernel a few bytes for the server; says how many it took.
fn say(fd: RawFd, text: &str) -> Result<usize> {
    // Topic 05 explains MSG_NOSIGNAL.
    let count = send(fd, text.as_bytes(), sys::MSG_NOSIGNAL).context("send")?;
    Actor::new("client").step(format!("send({fd}, {text:?}) = {count}"), "")?;
    Ok(count)
}

/// Prints what the kernel tells of a process, once it waits in a call that has
/// `fd` as its first argument.
fn report(pid: u32, fd: RawFd) -> Result<()> {
    // ANCHOR: account
    // Of a process that waits: the call's number, then its arguments. Of one
    // that doesn't: "running".
    let call = format!("/proc/{pid}/syscall");
    let first = format!("{fd:#x}");
    look(&call, |call| call.split(' ').nth(1) == Some(&first))?;
    // Nanoseconds on a processor, nanoseconds in line for one, turns.
    let times = format!("/proc/{pid}/schedstat");
    let before = look(&times, |_| true)?;
    // Nothing is awaited here: that time passes is the experiment.
    poll(&mut [], 200_u8)?;
    let idle = look(&times, |_| true)? == before;
    // ANCHOR_END: account
    let time = if idle { "none" } else { "some" };
    let asleep = format!("pid {pid} sleeps in a call on {fd}");
    Actor::named("kernel").step(asleep, &format!("processor time: {time}"))
}

/// Waits until the kernel keeps `count` bytes for the socket that is connected
/// to `peer`, and says so.
fn receive_queue(peer: SockaddrIn, count: usize) -> Result<()> {
    let (ip, port) = (u32::from_ne_bytes(peer.ip().octets()), peer.port());
    // The peer's address, the state, the send queue, the receive queue.
    let row = format!(" {ip:08X}:{port:04X} 01 00000000:{count:08X} ");
    look("/proc/net/tcp", |table| table.contains(&row))?;
    Actor::named("kernel").step(format!("Recv-Q = {count}"), "")
}

/// Reads the kernel's account until it is as `wanted`, because going to sleep
/// is no event that another process hears of: for a second at most.
fn look(path: &str, wanted: impl Fn(&str) -> bool) -> Result<String> {
    for _ in 0..1000 {
        let text = fs::read_to_string(path).context(format!("read {path}"))?;
        if wanted(&text) {
            return Ok(text);
        }
        poll(&mut [], 1_u8)?;
    }
    bail!("{path} does not change")
}
// ANCHOR_END: all
