//! What probes of urgent data share: looking whether it has come, telling what
//! a read gave, and who is told by SIGURG.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::SeqCst};
use std::thread;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{
    MsgFlags, Shutdown, connect, recv, send, setsockopt, shutdown, sockopt,
};
use nix::unistd::{Pid, getpid, gettid};
use testkit::Skip;

use crate::scene;

pub(super) const OOB: MsgFlags = MsgFlags::MSG_OOB;
pub(super) const ORDINARY: MsgFlags = MsgFlags::empty();

/// A kind of stream, the end that sends on it, and the one that receives.
pub(super) type Pair = (&'static str, OwnedFd, OwnedFd);

/// A connection of each kind that knows urgent data.
pub(super) fn pairs() -> Result<[Pair; 2]> {
    let (sender, receiver) = scene::tcp_pair()?;
    let (one, _other) = scene::local_pair()?;
    if send(one.as_raw_fd(), b"!", OOB) == Err(Errno::EOPNOTSUPP) {
        // Before Linux 5.15, or built without it.
        bail!(Skip("needs urgent data on local sockets".to_owned()));
    }
    let (one, other) = scene::local_pair()?;
    Ok([("TCP", sender, receiver), ("local", one, other)])
}

/// A TCP connection whose receiver has room for some 2,000 bytes.
pub(super) fn small_pair() -> Result<(OwnedFd, OwnedFd)> {
    let (listener, address) = scene::listener(1)?;
    // Inherited by what accept gives.
    setsockopt(&listener, sockopt::RcvBuf, &4096)?;
    let sender = scene::tcp()?;
    connect(sender.as_raw_fd(), &address).context("connect")?;
    let (receiver, _) = sys::accept(&listener).context("accept")?;
    Ok((sender, receiver))
}

/// Waits until a peek with `MSG_OOB` gives this: no event tells of a second
/// urgent byte, or of one that is announced and not here.
pub(super) fn arrives(
    receiver: &OwnedFd,
    expected: nix::Result<u8>,
) -> Result<()> {
    let mut byte = [0];
    scene::until("the urgent byte", || {
        let peek = OOB | MsgFlags::MSG_PEEK;
        let seen = recv(receiver.as_raw_fd(), &mut byte, peek);
        Ok((seen.map(|_| byte[0]) == expected).then_some(()))
    })
}

/// One `recv` with room for 64 bytes that does not wait: the bytes, or how
/// the call failed.
pub(super) fn recv_now(socket: &OwnedFd, flags: MsgFlags) -> String {
    let mut buffer = [0; 64];
    let flags = flags | MsgFlags::MSG_DONTWAIT;
    told(recv(socket.as_raw_fd(), &mut buffer, flags), &buffer)
}

/// The bytes that a read gave, or how it failed.
pub(super) fn told(read: nix::Result<usize>, buffer: &[u8]) -> String {
    match read {
        Ok(0) => "end of stream".to_owned(),
        Ok(count) => buffer[..count].escape_ascii().to_string(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// `yes`, `no`, or how the question failed.
pub(super) fn at_mark(socket: impl AsFd) -> String {
    match sys::at_mark(socket) {
        Ok(true) => "yes".to_owned(),
        Ok(false) => "no".to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// How often a handler ran.
static SIGNALS: AtomicUsize = AtomicUsize::new(0);
/// Where the handler reads, and what it read: a byte, an errno below 0, or
/// [`NOTHING`].
static SOCKET: AtomicI32 = AtomicI32::new(-1);
static READ: AtomicI32 = AtomicI32::new(NOTHING);
const NOTHING: i32 = i32::MIN;

/// Says that the signal came.
extern "C" fn count(_: c_int) {
    SIGNALS.fetch_add(1, SeqCst);
}

/// Reads the urgent byte, wherever the program is.
extern "C" fn read_the_byte(_: c_int) {
    let errno = Errno::last_raw();
    let mut byte = [0];
    let read = match recv(SOCKET.load(SeqCst), &mut byte, OOB) {
        Ok(_) => i32::from(byte[0]),
        Err(errno) => -(errno as i32),
    };
    READ.store(read, SeqCst);
    SIGNALS.fetch_add(1, SeqCst);
    Errno::set_raw(errno);
}

/// From now on a handler counts the SIGURG that this process gets.
pub(super) fn count_sigurg(flags: SaFlags) -> Result<()> {
    handle(SigHandler::Handler(count), flags)
}

/// From now on a handler reads the urgent byte of this socket.
pub(super) fn read_on_sigurg(socket: &OwnedFd, flags: SaFlags) -> Result<()> {
    SOCKET.store(socket.as_raw_fd(), SeqCst);
    handle(SigHandler::Handler(read_the_byte), flags)
}

/// From now on SIGURG does what it does to a program that never heard of it.
pub(super) fn forget_sigurg() -> Result<()> {
    handle(SigHandler::SigDfl, SaFlags::empty())
}

fn handle(handler: SigHandler, flags: SaFlags) -> Result<()> {
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: both handlers do no more than signal-safety(7) allows.
    #[expect(unsafe_code, reason = "not every function can be a handler")]
    unsafe {
        sigaction(Signal::SIGURG, &action).context("sigaction")?;
    }
    Ok(())
}

/// How often a handler has run since the last call of this function.
pub(super) fn signals() -> usize {
    SIGNALS.swap(0, SeqCst)
}

/// What the handler has read since the last call of this function.
pub(super) fn read_by_handler() -> String {
    match READ.swap(NOTHING, SeqCst) {
        NOTHING => "nothing".to_owned(),
        read => match u8::try_from(read) {
            Ok(byte) => byte.escape_ascii().to_string(),
            Err(_) => format!("{:?}", Errno::from_raw(-read)),
        },
    }
}

/// SIGURG, as a set.
pub(super) fn sigurg() -> SigSet {
    let mut set = SigSet::empty();
    set.add(Signal::SIGURG);
    set
}

/// Calls `recv` in the process's first thread, which gets its signals, and
/// `act` in another one as soon as the first waits.
pub(super) fn recv_while(
    receiver: &OwnedFd,
    act: impl FnOnce() -> Result<()> + Send,
) -> Result<String> {
    let first = gettid();
    thread::scope(|scope| {
        let other = scope.spawn(move || {
            sigurg().thread_block()?;
            let acted = scene::until_asleep(first, libc::SYS_recvfrom)
                .and_then(|()| act());
            if acted.is_err() {
                // Or the other thread would wait for ever.
                shutdown(receiver.as_raw_fd(), Shutdown::Both)?;
            }
            acted
        });
        let mut buffer = [0; 64];
        let read = recv(receiver.as_raw_fd(), &mut buffer, ORDINARY);
        other.join().ok().context("the other thread")??;
        Ok(told(read, &buffer))
    })
}

/// Who gets the signals of this socket.
pub(super) fn owner(socket: &OwnedFd) -> &'static str {
    // SAFETY: takes no pointer.
    #[expect(unsafe_code, reason = "nix has no F_GETOWN")]
    let owner = unsafe { libc::fcntl(socket.as_raw_fd(), libc::F_GETOWN) };
    match owner {
        0 => "nobody",
        pid if pid == getpid().as_raw() => "this process",
        _ => "another",
    }
}

/// `struct f_owner_ex` of fcntl(2).
#[repr(C)]
struct OwnerEx {
    kind: c_int,
    id: libc::pid_t,
}

/// Makes the calling thread the one that gets the signals of this socket.
/// Linux only: `F_SETOWN` names a process, even where it is given the number of
/// a thread.
pub(super) fn own_by_this_thread(socket: &OwnedFd) -> Result<()> {
    /// Of <fcntl.h>; libc leaves both out.
    const F_SETOWN_EX: c_int = 15;
    const F_OWNER_TID: c_int = 0;

    let owner = OwnerEx {
        kind: F_OWNER_TID,
        id: gettid().as_raw(),
    };
    // SAFETY: the kernel reads one structure, and `owner` is one.
    #[expect(unsafe_code, reason = "nix has no F_SETOWN_EX")]
    let done = unsafe {
        libc::fcntl(socket.as_raw_fd(), F_SETOWN_EX, &raw const owner)
    };
    Errno::result(done).context("F_SETOWN_EX")?;
    Ok(())
}

/// A process that only sleeps and has SIGURG blocked, in this group (0: one
/// of its own).
pub(super) fn sleeper(group: i32) -> Result<Sleeper> {
    use std::os::unix::process::CommandExt;

    // A child inherits the mask.
    let before = SigSet::thread_get_mask()?;
    sigurg().thread_block()?;
    let child = Command::new("sleep").arg("60").process_group(group).spawn();
    before.thread_set_mask()?;
    Ok(Sleeper(child.context("start sleep")?))
}

/// Ends when it is dropped.
pub(super) struct Sleeper(Child);

impl Sleeper {
    pub(super) fn pid(&self) -> Pid {
        Pid::from_raw(self.0.id().cast_signed())
    }

    /// Whether a SIGURG waits for it.
    pub(super) fn has_sigurg(&self) -> Result<bool> {
        let path = format!("/proc/{}/status", self.0.id());
        let status = fs::read_to_string(&path).with_context(|| path)?;
        let pending = status
            .lines()
            .find_map(|line| line.strip_prefix("ShdPnd:"))
            .context("its pending signals")?;
        let pending = u64::from_str_radix(pending.trim(), 16)?;
        Ok(pending >> (Signal::SIGURG as i32 - 1) & 1 == 1)
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
