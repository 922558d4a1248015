// ANCHOR: all
//! A signal comes while a process sleeps in `recv` or `send`.
//!
//! Watch for: which calls fail with EINTR, which go on by themselves, and
//! which come back early with a part.
//!
//! Both sides: cargo run --bin interrupted
//!
//! Page: book/src/05-transfer/interrupted.md

use std::fs;
use std::io::Read;
use std::net::TcpStream;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use nix::libc::c_int;
use nix::poll::poll;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction,
};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    connect, getsockname, listen, recv, send, socket,
};
use nix::unistd::{Pid, write};
use stage::{Actor, Peer, announce, misuse, outcome};

const USAGE: &str = "usage: interrupted [client ADDRESS]
example: interrupted client 127.0.0.1:5555";

/// More than both kernels keep while nobody reads.
const MANY: usize = 16_000_000;

/// What the server sends after each of its six signals.
const AFTER: [&str; 6] = ["", "hello", "", "", "", "hello"];

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    match args {
        [] if cfg!(target_os = "linux") => both_sides(),
        [] => Actor::new("server").step("", "needs Linux: /proc/PID/stat"),
        ["client", address] => client(address),
        _ => Err(misuse("interrupted takes a role and an address")),
    }
}

/// Sends the client a signal each time that it has fallen asleep.
fn both_sides() -> Result<()> {
    let server = Actor::new("server");
    let listener = tcp_socket()?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))
        .context("bind 127.0.0.1:0")?;
    listen(&listener, Backlog::new(8)?)?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    announce(address)?;
    let mut client = Peer::start("client", &["client", &address.to_string()])?;
    let (connection, _) = sys::accept(&listener).context("accept")?;
    client.show()?;
    for word in AFTER {
        interrupt(&mut client)?;
        if !word.is_empty() {
            let fd = connection.as_raw_fd();
            let count = send(fd, word.as_bytes(), sys::MSG_NOSIGNAL)?;
            server.step(format!("send({fd}, {word:?}) = {count}"), "")?;
        }
        client.show()?;
    }
    client.finish()
}

fn tcp_socket() -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    socket(family, kind, SockFlag::empty(), None)
}

/// Sends a signal once the client sleeps, and waits until it is handled.
///
/// That a process has fallen asleep is an event that no other one hears of.
/// So the kernel's own account is looked at, for two seconds at most.
fn interrupt(client: &mut Peer) -> Result<()> {
    let pid = client.pid();
    for _ in 0..2000 {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The state stands behind the name: S is asleep, and a signal wakes.
        if stat.rsplit(") ").next().is_some_and(|s| s.starts_with('S')) {
            kill(Pid::from_raw(pid.cast_signed()), Signal::SIGUSR1)?;
            Actor::new("server").step("kill(client, SIGUSR1) = 0", "")?;
            return client.show().map(drop);
        }
        // `poll` is for topic 07; without descriptors it waits a millisecond.
        poll(&mut [], 1_u8)?;
    }
    bail!("the client does not fall asleep")
}

fn client(address: &str) -> Result<()> {
    let client = Actor::new("client");
    let connection = tcp_socket()?;
    let fd = connection.as_raw_fd();
    connect(fd, &SockaddrIn::from(stage::address(address)?))
        .with_context(|| format!("connect to {address}"))?;
    // The six calls that get a signal. The first five bytes come in one piece:
    // the third call finds four of them.
    handle(SaFlags::empty())?;
    client.step(format!("connect({fd}) = 0"), "")?;
    let tell = |call: &str, result: &nix::Result<usize>, remark: &str| {
        client.step(format!("{call} = {}", outcome(result)), remark)
    };
    tell("recv(3, 1 byte)", &one_byte(fd), "without SA_RESTART")?;
    handle(SaFlags::SA_RESTART)?;
    let on = "SA_RESTART";
    tell("recv(3, 1 byte)", &one_byte(fd), on)?;
    tell("recv(3, 10 bytes, MSG_WAITALL)", &ten_bytes(fd), on)?;
    tell("send(3, 16000000 bytes)", &many_bytes(fd), on)?;
    handle(SaFlags::empty())?;
    let mut stream = TcpStream::from(connection);
    let read = stream.read(&mut [0]).map_err(|error| error.kind());
    client.step(format!("read = {read:?}"), "std's")?;
    let read = stream.read_exact(&mut [0; 5]);
    client.step(format!("read_exact = {read:?}"), "std's")
}

// ANCHOR: signal
/// Has SIGUSR1 run `on_signal` from now on.
fn handle(flags: SaFlags) -> nix::Result<()> {
    let handler = SigHandler::Handler(on_signal);
    let action = SigAction::new(handler, flags, SigSet::empty());
    // https://man7.org/linux/man-pages/man2/sigaction.2.html
    // SAFETY: the handler makes one system call, which is signal-safe.
    #[expect(unsafe_code, reason = "a handler must be signal-safe")]
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

extern "C" fn on_signal(_: c_int) {
    // SAFETY: standard output is open as long as the process is.
    #[expect(unsafe_code, reason = "std's own handle takes a lock")]
    let out = unsafe { BorrowedFd::borrow_raw(1) };
    let _ = write(out, b"client   | SIGUSR1: the handler runs\n");
}
// ANCHOR_END: signal

// ANCHOR: calls
fn one_byte(fd: RawFd) -> nix::Result<usize> {
    recv(fd, &mut [0], MsgFlags::empty())
}

fn ten_bytes(fd: RawFd) -> nix::Result<usize> {
    // MSG_WAITALL asks to wait until the buffer is full.
    // https://man7.org/linux/man-pages/man2/recv.2.html
    recv(fd, &mut [0; 10], MsgFlags::MSG_WAITALL)
}

fn many_bytes(fd: RawFd) -> nix::Result<usize> {
    send(fd, &vec![b'x'; MANY], sys::MSG_NOSIGNAL)
}
// ANCHOR_END: calls
// ANCHOR_END: all
