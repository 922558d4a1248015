//! Waiting for others, never longer than [`DEADLINE`].

use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{SockaddrIn, getsockopt, sockopt};

/// How long a probe waits for anything: far more than it takes, and less than
/// the limit of the whole probe, so that it can say what did not come.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Waits until poll reports one of these events, or, which it does unasked, an
/// error or the end of the connection in both directions. An error where
/// nothing comes within [`DEADLINE`].
pub fn wait_for(socket: impl AsFd, events: PollFlags) -> Result<()> {
    let mut asked = [PollFd::new(socket.as_fd(), events)];
    let limit = PollTimeout::try_from(DEADLINE).context("a limit")?;
    let ready = poll(&mut asked, limit).context("poll")?;
    ensure!(ready == 1, "none of {events:?} came");
    Ok(())
}

/// Waits until there is something to read or to accept, the end of the stream,
/// or an error.
pub fn until_readable(socket: impl AsFd) -> Result<()> {
    wait_for(socket, PollFlags::POLLIN)
}

/// Waits until there is room to send, an attempt to connect has ended, or
/// there is an error.
pub fn until_writable(socket: impl AsFd) -> Result<()> {
    wait_for(socket, PollFlags::POLLOUT)
}

/// Waits until the connection has been reset, or the socket has another error:
/// all that poll reports where it is asked for nothing.
pub fn until_reset(socket: impl AsFd) -> Result<()> {
    wait_for(socket, PollFlags::empty())
}

/// How an attempt to connect on a non-blocking socket ends, when it has: what
/// `SO_ERROR` then says.
pub fn until_attempt_ends(client: &OwnedFd) -> Result<nix::Result<()>> {
    until_writable(client)?;
    let error = getsockopt(client, sockopt::SocketError).context("SO_ERROR")?;
    Ok(match error {
        0 => Ok(()),
        errno => Err(Errno::from_raw(errno)),
    })
}

/// Waits until the server's end of a connection of 127.0.0.1 is in this state,
/// a number of two digits from the kernel's `tcp_states.h`, or has none any
/// more.
pub fn until_tcp_state(
    server: &SockaddrIn,
    client: &SockaddrIn,
    state: Option<&str>,
) -> Result<()> {
    let end =
        |address: &SockaddrIn| format!("0100007F:{:04X} ", address.port());
    let row = end(server) + &end(client);
    until("the end of a connection", || {
        let table = fs::read_to_string("/proc/self/net/tcp")?;
        let now = table.split_once(&row).and_then(|(_, rest)| rest.get(..2));
        Ok((now == state).then_some(()))
    })
}

/// Looks again and again, until `look` gives something.
pub fn until<T>(
    what: &str,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let until = Instant::now() + DEADLINE;
    while Instant::now() < until {
        if let Some(found) = look()? {
            return Ok(found);
        }
        pause()?;
    }
    bail!("{what} did not come within {} s", DEADLINE.as_secs())
}

/// A moment for the others. What it is called for gives no event.
pub(super) fn pause() -> Result<()> {
    match poll(&mut [], PollTimeout::from(1_u8)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno).context("poll"),
    }
}
