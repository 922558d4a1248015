//! What most probes begin with: connected sockets, and a call that waits.

use std::fs;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::poll::{PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, connect,
    getsockname, listen, socket, socketpair,
};
use nix::unistd::{Pid, gettid};

/// How long a probe waits for anything: far more than it takes, and less than
/// the limit of the whole probe, so that it can say what did not come.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A TCP socket that is neither bound nor connected.
pub fn tcp() -> Result<OwnedFd> {
    socket(
        AddressFamily::Inet,
        SockType::Stream,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .context("socket")
}

/// A UDP socket that is neither bound nor connected.
pub fn udp() -> Result<OwnedFd> {
    socket(
        AddressFamily::Inet,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        None,
    )
    .context("socket")
}

/// A TCP socket that listens on a port of 127.0.0.1 that the kernel chose.
pub fn listener(backlog: i32) -> Result<(OwnedFd, SockaddrIn)> {
    let listener = tcp()?;
    bind(listener.as_raw_fd(), &loopback(0)).context("bind")?;
    let address = getsockname(listener.as_raw_fd()).context("getsockname")?;
    let backlog = Backlog::new(backlog).context("the backlog")?;
    listen(&listener, backlog).context("listen")?;
    Ok((listener, address))
}

/// This port of 127.0.0.1.
pub fn loopback(port: u16) -> SockaddrIn {
    SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// An address of 127.0.0.1 where nobody listens: a port that was bound, and
/// is held by the socket that comes with it.
pub fn nobody() -> Result<(OwnedFd, SockaddrIn)> {
    let holder = tcp()?;
    bind(holder.as_raw_fd(), &loopback(0)).context("bind")?;
    let address = getsockname(holder.as_raw_fd()).context("getsockname")?;
    Ok((holder, address))
}

/// Both ends of a TCP connection: the one that connected, and the one that
/// `accept` gave.
pub fn tcp_pair() -> Result<(OwnedFd, OwnedFd)> {
    let (listener, address) = listener(1)?;
    let client = tcp()?;
    connect(client.as_raw_fd(), &address).context("connect")?;
    let (server, _) = sys::accept(&listener).context("accept")?;
    Ok((client, server))
}

/// Both ends of a local stream connection.
pub fn local_pair() -> Result<(OwnedFd, OwnedFd)> {
    socketpair(
        AddressFamily::Unix,
        SockType::Stream,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .context("socketpair")
}

/// The name of an errno, or `success`.
#[expect(clippy::needless_pass_by_value, reason = "a call's result as it is")]
pub fn name<T>(result: Result<T, Errno>) -> String {
    match result {
        Ok(_) => "success".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// A call in a thread of its own, which may wait.
pub struct Call<T> {
    thread: Pid,
    result: Receiver<T>,
}

/// How a call passes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It has returned.
    Returned,
    /// It sleeps in the kernel.
    Waits,
}

impl<T: Send + 'static> Call<T> {
    /// Makes the call in a new thread.
    pub fn make(call: impl FnOnce() -> T + Send + 'static) -> Result<Call<T>> {
        let (thread_of, ids): (Sender<Pid>, _) = channel();
        let (results, result) = channel();
        thread::spawn(move || {
            // Whoever asked is there until it has got both.
            let _ = thread_of.send(gettid());
            let _ = results.send(call());
        });
        let thread = ids.recv().context("a thread")?;
        Ok(Call { thread, result })
    }

    /// Whether it has returned or sleeps in this system call, as soon as one
    /// of them is sure. Linux only: the kernel tells in `/proc`.
    pub fn state(&mut self, number: nix::libc::c_long) -> Result<State>
    where
        T: Clone,
    {
        let until = Instant::now() + DEADLINE;
        let pid = std::process::id();
        let path = format!("/proc/{pid}/task/{}/syscall", self.thread);
        let wanted = format!("{number} ");
        while Instant::now() < until {
            if let Ok(value) = self.result.try_recv() {
                // Put back for `result`.
                let (sender, result) = channel();
                sender.send(value).ok().context("its own channel")?;
                self.result = result;
                return Ok(State::Returned);
            }
            // "running" where it does not sleep; the file goes with the
            // thread.
            let told = fs::read_to_string(&path).unwrap_or_default();
            if told.starts_with(&wanted) {
                return Ok(State::Waits);
            }
            pause()?;
        }
        bail!("the call neither returns nor sleeps in call {number}")
    }

    /// What the call gave back, when it has.
    pub fn result(self) -> Result<T> {
        self.result
            .recv_timeout(DEADLINE)
            .context("the call does not return")
    }
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
fn pause() -> Result<()> {
    match poll(&mut [], PollTimeout::from(1_u8)) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(errno).context("poll"),
    }
}

/// The value of a kernel setting, as `net/core/somaxconn`.
pub fn setting(name: &str) -> Result<String> {
    let path = format!("/proc/sys/{name}");
    let text = fs::read_to_string(&path).with_context(|| path)?;
    Ok(text.trim().to_owned())
}

/// Changes a kernel setting; of this network alone, in a claim that needs
/// `userns`.
pub fn set(name: &str, value: &str) -> Result<()> {
    let path = format!("/proc/sys/{name}");
    fs::write(&path, value).with_context(|| format!("write {path}"))
}
