//! What the kernel tells about a process and its connections in `/proc`:
//! in which call each of its threads sits, on which descriptor, and what waits
//! in its receive queues. Linux; elsewhere nothing can be said.
//!
//! Source: `proc_pid_syscall`(5), `proc_pid_fd`(5), `proc_pid_status`(5),
//! `proc_net_tcp`(5).

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use nix::libc;
use nix::unistd::Pid;

/// How one thread of a process passes its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    id: String,
    state: char,
    switches: String,
}

impl Thread {
    /// Whether it has been stopped by a signal; `t`, where strace follows it.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }

    /// Whether it has ended, and nobody has asked how.
    fn is_gone(&self) -> bool {
        self.state == 'Z'
    }

    /// Whether it is asleep until something comes. `D` is no such sleep: so
    /// waits a program that is still being loaded from a busy disk.
    pub(crate) fn sleeps(&self) -> bool {
        self.state == 'S'
    }
}

/// The threads of a process; none where it can't be seen.
pub(crate) fn threads(pid: Pid) -> Vec<Thread> {
    let mut threads: Vec<_> = thread_ids(pid)
        .into_iter()
        .filter_map(|id| {
            let status = format!("/proc/{pid}/task/{id}/status");
            let status = fs::read_to_string(status).ok()?;
            let field = |name: &str| {
                let line = status.lines().find(|l| l.starts_with(name))?;
                Some(line[name.len()..].trim().to_owned())
            };
            Some(Thread {
                id,
                state: field("State:")?.chars().next()?,
                switches: field("voluntary_ctxt_switches:")?,
            })
        })
        .collect();
    threads.sort_by(|a, b| a.id.cmp(&b.id));
    threads
}

/// Waits until every thread of these processes sleeps in a call and none is
/// woken in between, for so long at most: whether it came to that. Who has
/// ended is at rest too. Linux; elsewhere nobody looks, and it never does.
pub fn come_to_rest(all: &[Pid], within: Duration) -> bool {
    let deadline = Instant::now() + within;
    let mut before = Vec::new();
    let mut same = 0;
    while cfg!(target_os = "linux") && Instant::now() < deadline {
        let now: Vec<Thread> =
            all.iter().flat_map(|pid| threads(*pid)).collect();
        let asleep =
            now.iter().all(|thread| thread.sleeps() || thread.is_gone());
        same = if asleep && now == before { same + 1 } else { 0 };
        if same == SAME {
            return true;
        }
        before = now;
        // Nothing tells of it, so it is looked at again and again.
        thread::park_timeout(LOOK);
    }
    false
}

/// That many looks without a change make a sleeper.
const SAME: usize = 8;

/// The pause between two looks.
const LOOK: Duration = Duration::from_millis(2);

fn thread_ids(pid: Pid) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"));
    tasks
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// A call that a thread sits in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// As a program names it: `recv`, `accept`, `select`.
    pub(crate) name: String,
    /// What it waits for: one descriptor, or those of its sets.
    pub(crate) descriptors: Vec<i32>,
}

/// The calls that the threads of a process sit in, or `None` for a thread
/// that runs.
pub(crate) fn calls(pid: Pid) -> Vec<Option<Call>> {
    thread_ids(pid)
        .into_iter()
        .filter_map(|id| {
            let path = format!("/proc/{pid}/task/{id}/syscall");
            let line = fs::read_to_string(path).ok()?;
            Some(call(pid, &line))
        })
        .collect()
}

fn call(pid: Pid, line: &str) -> Option<Call> {
    let mut words = line.split_whitespace();
    // "running" where it is in no call; -1 where it is stopped in none.
    let number: libc::c_long = words.next()?.parse().ok()?;
    let args: Vec<u64> = words
        .map(|word| {
            let digits = word.trim_start_matches("0x");
            u64::from_str_radix(digits, 16).unwrap_or(0)
        })
        .collect();
    let arg = |at: usize| args.get(at).copied().unwrap_or(0);
    let first = || vec![descriptor(arg(0))];
    let (name, descriptors) = match name(number) {
        Some((name, Waits::Descriptor)) => (name, first()),
        Some((name, Waits::Nothing)) => (name, Vec::new()),
        Some((name, Waits::Sets)) => (name, sets(pid, &args)),
        Some((name, Waits::List)) => (name, list(pid, arg(0), arg(1))),
        None => {
            return (number >= 0).then(|| Call {
                name: format!("system call {number}"),
                descriptors: Vec::new(),
            });
        }
    };
    Some(Call {
        name: name.to_owned(),
        descriptors,
    })
}

/// The low 32 bits, which are all that the kernel looks at.
fn descriptor(arg: u64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the kernel's own")]
    let low = arg as u32;
    low.cast_signed()
}

/// What the arguments of a call name.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "only Linux tells in which call a thread is")
)]
enum Waits {
    Nothing,
    /// The first argument is a descriptor.
    Descriptor,
    /// As `select`: a count and three sets.
    Sets,
    /// As `poll`: an array and a count.
    List,
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn name(number: libc::c_long) -> Option<(&'static str, Waits)> {
    use Waits::{Descriptor, List, Nothing, Sets};
    let known = [
        (libc::SYS_read, "read", Descriptor),
        (libc::SYS_readv, "readv", Descriptor),
        (libc::SYS_write, "write", Descriptor),
        (libc::SYS_writev, "writev", Descriptor),
        (libc::SYS_recvfrom, "recv", Descriptor),
        (libc::SYS_recvmsg, "recvmsg", Descriptor),
        (libc::SYS_sendto, "send", Descriptor),
        (libc::SYS_sendmsg, "sendmsg", Descriptor),
        (libc::SYS_sendfile, "sendfile", Descriptor),
        (libc::SYS_splice, "splice", Descriptor),
        (libc::SYS_accept, "accept", Descriptor),
        (libc::SYS_accept4, "accept", Descriptor),
        (libc::SYS_connect, "connect", Descriptor),
        (libc::SYS_close, "close", Descriptor),
        (libc::SYS_epoll_pwait, "epoll_wait", Descriptor),
        (libc::SYS_pselect6, "select", Sets),
        (libc::SYS_ppoll, "poll", List),
        (libc::SYS_futex, "a wait for another thread", Nothing),
        (libc::SYS_nanosleep, "a sleep", Nothing),
        (libc::SYS_clock_nanosleep, "a sleep", Nothing),
        (libc::SYS_wait4, "a wait for a child", Nothing),
        (libc::SYS_waitid, "a wait for a child", Nothing),
        (libc::SYS_rt_sigtimedwait, "a wait for a signal", Nothing),
        (libc::SYS_rt_sigsuspend, "a wait for a signal", Nothing),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_select, "select", Sets),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_poll, "poll", List),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_pause, "a wait for a signal", Nothing),
        #[cfg(target_arch = "x86_64")]
        (libc::SYS_epoll_wait, "epoll_wait", Descriptor),
    ];
    known
        .into_iter()
        .find(|(known, ..)| *known == number)
        .map(|(_, name, waits)| (name, waits))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn name(_: libc::c_long) -> Option<(&'static str, Waits)> {
    None
}

/// The descriptors in the three sets of a call of `select`. The kernel has
/// read them already and writes them when it returns, so they are as given.
fn sets(pid: Pid, args: &[u64]) -> Vec<i32> {
    let count = usize::try_from(args.first().copied().unwrap_or(0))
        .unwrap_or(0)
        .min(libc::FD_SETSIZE);
    let mut found = vec![false; count];
    for &address in args.iter().skip(1).take(3).filter(|&&a| a != 0) {
        let set = memory(pid, address, count.div_ceil(8));
        for (fd, found) in found.iter_mut().enumerate() {
            let byte = set.get(fd / 8).copied().unwrap_or(0);
            *found |= byte & (1 << (fd % 8)) != 0;
        }
    }
    (0..)
        .zip(found)
        .filter_map(|(fd, set)| set.then_some(fd))
        .collect()
}

/// The descriptors in the array of a call of `poll`.
fn list(pid: Pid, address: u64, count: u64) -> Vec<i32> {
    let count = usize::try_from(count).unwrap_or(0).min(1024);
    memory(pid, address, count * size_of::<libc::pollfd>())
        .chunks_exact(size_of::<libc::pollfd>())
        .filter_map(|entry| entry.first_chunk())
        .map(|fd| i32::from_ne_bytes(*fd))
        .filter(|fd| *fd >= 0)
        .collect()
}

fn memory(pid: Pid, address: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let read = File::open(format!("/proc/{pid}/mem"))
        .and_then(|memory| memory.read_exact_at(&mut bytes, address));
    if read.is_err() { Vec::new() } else { bytes }
}

/// What a descriptor of a process is, in words, as `/proc` names it:
/// `socket:[4711]`, `pipe:[4712]`, a path.
pub(crate) fn target(pid: Pid, fd: i32) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/fd/{fd}")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// The inodes of the sockets that a process has open; `None` where that can't
/// be seen.
pub(crate) fn sockets(pid: Pid) -> Option<Vec<String>> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links = entries
        .flatten()
        .filter_map(|entry| fs::read_link(entry.path()).ok());
    Some(links.filter_map(|l| inode(&l.to_string_lossy())).collect())
}

/// The inode in `socket:[4711]`.
pub(crate) fn inode(target: &str) -> Option<String> {
    let inode = target.strip_prefix("socket:[")?.strip_suffix(']')?;
    Some(inode.to_owned())
}

/// A line of the kernel's table of TCP sockets.
#[derive(Debug, Clone)]
pub(crate) struct Tcp {
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) listens: bool,
    /// Bytes that came and that the process has not read; connections in
    /// the accept queue of a socket that listens.
    pub(crate) unread: u64,
    pub(crate) inode: String,
}

/// The TCP sockets of this network namespace; none where that can't be seen.
pub(crate) fn tcp() -> Vec<Tcp> {
    ["/proc/net/tcp", "/proc/net/tcp6"]
        .into_iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| {
            let lines: Vec<_> = table.lines().skip(1).filter_map(row).collect();
            lines
        })
        .collect()
}

fn row(line: &str) -> Option<Tcp> {
    /// The state LISTEN.
    const LISTEN: &str = "0A";
    let columns: Vec<_> = line.split_whitespace().collect();
    let (_, unread) = columns.get(4)?.split_once(':')?;
    Some(Tcp {
        local: address(columns.get(1)?)?,
        remote: address(columns.get(2)?)?,
        listens: *columns.get(3)? == LISTEN,
        unread: u64::from_str_radix(unread, 16).ok()?,
        inode: (*columns.get(9)?).to_owned(),
    })
}

/// `0100007F:15B3`: 32-bit words in the machine's own order, then the port.
/// A v4-mapped address is told as IPv4, as our own sockets know it.
fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.split_once(':')?;
    let mut bytes = Vec::new();
    for at in (0..host.len()).step_by(8) {
        let word = u32::from_str_radix(host.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let host = match bytes.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(bytes).ok()?),
        _ => IpAddr::from(<[u8; 16]>::try_from(bytes).ok()?),
    };
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(host.to_canonical(), port))
}

/// What waits to be read at `local`'s end of the connection with `remote`;
/// `None` where there is no such connection.
pub(crate) fn unread(local: SocketAddr, remote: SocketAddr) -> Option<u64> {
    let mut rows = tcp().into_iter();
    let row = rows.find(|r| (r.local, r.remote) == (local, remote))?;
    Some(row.unread)
}

/// How many connections wait in the accept queue of the socket that listens
/// at this address; `None` where that can't be seen.
pub(crate) fn queued(address: SocketAddr) -> Option<u64> {
    let rows = tcp().into_iter();
    let mut listening = rows.filter(|row| row.listens && row.local == address);
    listening.next().map(|row| row.unread)
}

/// Where a process listens, if it does and the kernel shows it.
pub(crate) fn listens(pid: Pid) -> Option<SocketAddr> {
    let own = sockets(pid)?;
    let row = tcp()
        .into_iter()
        .find(|row| row.listens && own.contains(&row.inode))?;
    // The wildcard address is every address; loopback is one of them.
    let host = match row.local.ip() {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    Some(SocketAddr::new(host, row.local.port()))
}

/// The processes whose parent is `parent`.
pub fn children(parent: Pid) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name stands in brackets and may hold anything.
            let (_, rest) = stat.rsplit_once(") ")?;
            let above: i32 = rest.split_whitespace().nth(1)?.parse().ok()?;
            (above == parent.as_raw()).then(|| Pid::from_raw(pid))
        })
        .collect()
}
