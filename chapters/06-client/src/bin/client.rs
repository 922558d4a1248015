// ANCHOR: all
//! The example client: finds a host by name, sends it one message, and waits
//! until the server's program has come to the end of it.
//!
//! Watch for: how many addresses the name has, which of them answers, the
//! client's own port, and how the client learns that the message was read.
//!
//! Server: nc -l 5555, or the example server, in another terminal
//! Client: cargo run --bin client localhost 5555
//!
//! Page: book/src/06-client/client.md

use std::os::fd::{AsRawFd, OwnedFd};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use ch_06_client::{init_sockaddr, send_all};
use nix::errno::Errno;
use nix::sys::socket::{
    MsgFlags, Shutdown, SockFlag, SockType, SockaddrLike, SockaddrStorage,
    connect, getsockname, recv, setsockopt, shutdown, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::close;
use stage::{Actor, misuse, outcome};

const USAGE: &str = "usage: client [HOST [PORT]]
example: client localhost 5555";

/// What the manual's client says, with the byte that ends a string in C.
const MESSAGE: &[u8] = b"Yow!!! Are we having fun yet?!?\0";

const LOST: &str = "the message may be lost";

/// How long the server may take over a message, in seconds.
const PATIENCE: i64 = 2;

fn main() -> ExitCode {
    stage::main(USAGE, run)
}

fn run(args: &[&str]) -> Result<()> {
    let (host, port) = match *args {
        [] => ("localhost", "5555"),
        [host] => (host, "5555"),
        [host, port] => (host, port),
        _ => return Err(misuse("client takes a host and a port")),
    };
    // Port 0 asks bind for any port; nobody can be reached there.
    let Some(port) = port.parse().ok().filter(|&port: &u16| port != 0) else {
        return Err(misuse(format!("{port} is not a port (1 to 65535)")));
    };
    let client = Actor::new("client");
    let addresses =
        init_sockaddr(host, port).with_context(|| format!("look up {host}"))?;
    let call = format!("init_sockaddr({host:?}, {port})");
    let call = format!("{call} = {}", addresses.len());
    client.step(call, "tried in this order")?;
    let (connection, server) = first_that_answers(&client, &addresses)?;
    deliver(&client, connection).with_context(|| server.to_string())
}

/// Tries one address after the other; each failure is told.
fn first_that_answers(
    client: &Actor,
    addresses: &[SockaddrStorage],
) -> Result<(OwnedFd, SockaddrStorage)> {
    let mut failures = Vec::new();
    for address in addresses {
        let call = format!("connect({address})");
        match connect_to(address) {
            Ok(connection) => {
                let from: SockaddrStorage =
                    getsockname(connection.as_raw_fd())?;
                client.step(format!("{call} = 0"), &format!("from {from}"))?;
                return Ok((connection, *address));
            }
            Err(errno) => {
                client.step(format!("{call} = -1 {errno:?}"), "")?;
                failures.push(format!("connect to {address}: {errno}"));
            }
        }
    }
    bail!("{}", failures.join("; "))
}

// ANCHOR: connect
/// One attempt. A socket belongs to one family of addresses, and after a
/// failed `connect` its state is unspecified (POSIX): each gets a new one.
fn connect_to(address: &SockaddrStorage) -> nix::Result<OwnedFd> {
    let family = address.family().ok_or(Errno::EAFNOSUPPORT)?;
    let connection = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    connect(connection.as_raw_fd(), address)?;
    Ok(connection)
}
// ANCHOR_END: connect

// ANCHOR: end
/// Waits for the server's end of stream, PATIENCE at most for anything at all
/// to come. What the server says before it is read and dropped.
fn await_end(connection: &OwnedFd) -> nix::Result<()> {
    // A limit for each call of recv.
    // https://man7.org/linux/man-pages/man7/socket.7.html
    let limit = TimeVal::seconds(PATIENCE);
    setsockopt(connection, sockopt::ReceiveTimeout, &limit)?;
    let mut answer = [0; 512];
    loop {
        match recv(connection.as_raw_fd(), &mut answer, MsgFlags::empty()) {
            Ok(0) => return Ok(()),
            // With a limit, EINTR comes even without a handler: after Ctrl-Z
            // and fg, for one (signal(7)).
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
// ANCHOR_END: end

/// Sends the message and finds out what became of it.
fn deliver(client: &Actor, connection: OwnedFd) -> Result<()> {
    let fd = connection.as_raw_fd();
    send_all(&connection, MESSAGE).context("send")?;
    let call = format!("send_all({fd}) = {}", MESSAGE.len());
    client.step(call, "the kernel has it")?;
    // The server learns that the message is complete, and can still answer.
    let ended = shutdown(fd, Shutdown::Write);
    let call = format!("shutdown({fd}, SHUT_WR) = {}", outcome(&ended));
    client.step(call, "")?;
    match await_end(&connection) {
        // The end of the stream came before the reset that followed it.
        Ok(()) if ended.is_err() => bail!("closed early: {LOST}"),
        Ok(()) => client.step(format!("recv({fd}) = 0"), "end of stream")?,
        Err(Errno::EAGAIN) => bail!(
            "no end of stream within {PATIENCE} s: nobody can say whether \
             the message was read"
        ),
        Err(errno) => bail!("{LOST}: recv: {errno}"),
    }
    let closed = close(connection);
    client.step(format!("close({fd}) = {}", outcome(&closed)), "")?;
    closed.context("close")
}
// ANCHOR_END: all
