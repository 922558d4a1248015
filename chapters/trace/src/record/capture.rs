//! Every packet on the loopback interface, and what the kernel says of the
//! sockets at its ends at that moment.
//!
//! A packet socket with a ring in shared memory: an ordinary one would count
//! the whole of a 64 KiB packet against its buffer and lose the seventh.
//!
//! Source: packet(7), `packet_mmap` in the kernel's documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;

use anyhow::{Context, Result};
use etherparse::{LaxSlicedPacket, TransportSlice};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
use testkit::sock_diag::{self, Answer, NOBODY};

/// A packet as it was seen.
#[derive(Debug, Clone)]
pub struct Frame {
    /// When, in nanoseconds since 1970.
    pub at: u64,
    /// Its first bytes, from the Ethernet header on: up to 4 KiB.
    pub bytes: Vec<u8>,
    /// How many bytes it had.
    pub length: usize,
}

/// What was asked of the kernel.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    /// When, in nanoseconds since 1970.
    pub(super) at: u64,
    pub(super) local: SocketAddr,
    /// None: it listens.
    pub(super) remote: Option<SocketAddr>,
    /// None: there is no such socket.
    pub(super) found: Option<sock_diag::Socket>,
}

/// What a capture has brought.
#[derive(Debug, Default)]
pub(super) struct Captured {
    pub(super) frames: Vec<Frame>,
    pub(super) asked: Vec<Asked>,
    /// How many packets the kernel had no room for.
    pub(super) lost: u32,
}

/// A capture that goes on.
pub(super) struct Capture {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Captured>,
}

/// The size of a slot of the ring, header included, in bytes.
const SLOT: usize = 4096;

/// How many slots there are.
const SLOTS: usize = 4096;

/// Slots come in blocks of whole pages.
const BLOCK: usize = 16 * SLOT;

/// How long the ring may be empty before the sockets are looked at again, in
/// milliseconds: a `recv` empties a queue and sends no packet.
const AGAIN: u16 = 5;

/// So many sockets are looked at again while nothing comes in.
const FEW: usize = 64;

/// The most packets that are kept: a program that floods its peer fills no
/// memory.
const MOST: usize = 200_000;

impl Capture {
    /// Starts one in the network namespace of this thread. Needs `CAP_NET_RAW`
    /// there.
    pub(super) fn start() -> Result<Capture> {
        let ring = Ring::new()?;
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || watch(ring, &told));
        Ok(Capture { stop, thread })
    }

    /// Ends it, once the ring is empty.
    pub(super) fn end(self) -> Captured {
        self.stop.store(true, Ordering::Release);
        self.thread.join().unwrap_or_default()
    }
}

fn watch(mut ring: Ring, stop: &AtomicBool) -> Captured {
    let mut captured = Captured::default();
    let mut sockets = Sockets::default();
    let mut recent = BTreeSet::new();
    loop {
        // Looked at first: what came before the wish to stop is still taken.
        let last = stop.load(Ordering::Acquire);
        let mut any = false;
        while let Some(frame) = ring.next() {
            any = true;
            if let Some((source, target)) = ends(&frame.bytes) {
                sockets.knows(source, target);
                recent.insert((source, target));
                if captured.frames.len() < MOST {
                    captured.frames.push(frame);
                }
            }
            // The newest of a burst only: the state is the same for all.
            if !ring.has_next() {
                sockets
                    .ask(|ends| concerns(&recent, ends), &mut captured.asked);
                recent.clear();
            }
        }
        if !any {
            let few = sockets.known.len() <= FEW;
            sockets.ask(|_| few || last, &mut captured.asked);
            if last {
                captured.lost = ring.lost();
                return captured;
            }
            ring.wait();
        }
    }
}

/// What the kernel said of a socket last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Said {
    /// That there is no such socket, which may change.
    #[default]
    NotYet,
    Found(sock_diag::Socket),
    /// That there is none any more.
    Gone,
}

/// Whether a packet between these ends may have changed this socket.
fn concerns(
    recent: &BTreeSet<(SocketAddr, SocketAddr)>,
    (local, remote): (SocketAddr, SocketAddr),
) -> bool {
    recent.iter().any(|&(source, target)| {
        [
            (source, target),
            (target, source),
            (source, NOBODY),
            (target, NOBODY),
        ]
        .contains(&(local, remote))
    })
}

/// The sockets that have had to do with a packet, and what was last said of
/// them.
#[derive(Default)]
struct Sockets {
    known: BTreeMap<(SocketAddr, SocketAddr), Said>,
}

impl Sockets {
    fn knows(&mut self, source: SocketAddr, target: SocketAddr) {
        for (local, remote) in [(source, target), (target, source)] {
            self.known.entry((local, remote)).or_default();
            self.known.entry((local, NOBODY)).or_default();
        }
    }

    /// Asks for those; what is new is kept.
    fn ask(
        &mut self,
        which: impl Fn((SocketAddr, SocketAddr)) -> bool,
        asked: &mut Vec<Asked>,
    ) {
        for ((local, remote), before) in &mut self.known {
            if !which((*local, *remote)) {
                continue;
            }
            if *before == Said::Gone {
                continue;
            }
            let listens = *remote == NOBODY;
            let now = match sock_diag::ask(*local, *remote) {
                // Asked for a connection that there is not (any more), the
                // kernel answers with the socket that listens.
                Answer::Found(socket) if listens || socket.state != LISTEN => {
                    Said::Found(socket)
                }
                Answer::Silence => continue,
                // The answer to a SYN makes no socket; nobody ever listens at
                // a client's address.
                Answer::Found(_) | Answer::None => match before {
                    Said::NotYet if listens => Said::Gone,
                    Said::NotYet => Said::NotYet,
                    Said::Found(_) | Said::Gone => Said::Gone,
                },
            };
            let new = match now {
                Said::NotYet => false,
                Said::Gone => matches!(before, Said::Found(_)),
                Said::Found(_) => *before != now,
            };
            *before = now;
            if !new {
                continue;
            }
            let found = match now {
                Said::Found(socket) => Some(socket),
                Said::NotYet | Said::Gone => None,
            };
            asked.push(Asked {
                at: clock(),
                local: *local,
                remote: (!listens).then_some(*remote),
                found,
            });
        }
    }
}

/// The state of a socket that listens, by its number.
const LISTEN: u8 = 10;

/// The real-time clock, in nanoseconds since 1970: strace and the kernel's
/// packet stamps use it too.
pub(super) fn clock() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed();
    let since = since.unwrap_or_default().as_nanos();
    u64::try_from(since).unwrap_or(u64::MAX)
}

/// Sender and receiver of a packet of TCP. What is longer than a slot has been
/// cut.
pub(super) fn ends(bytes: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let sliced = LaxSlicedPacket::from_ethernet(bytes).ok()?;
    addresses(&sliced)
}

/// Sender and receiver, where it is TCP.
pub(super) fn addresses(
    sliced: &LaxSlicedPacket<'_>,
) -> Option<(SocketAddr, SocketAddr)> {
    use etherparse::LaxNetSlice;

    let (source, target) = match sliced.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
            )
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
            )
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else {
        return None;
    };
    Some((
        SocketAddr::new(source, tcp.source_port()),
        SocketAddr::new(target, tcp.destination_port()),
    ))
}

/// A packet socket and its ring.
struct Ring {
    socket: OwnedFd,
    memory: *mut u8,
    next: usize,
}

// SAFETY: the memory belongs to the ring alone and goes where it goes.
#[expect(unsafe_code, reason = "a pointer to shared memory is in it")]
unsafe impl Send for Ring {}

/// `struct tpacket_req`.
#[repr(C)]
struct Request {
    block_size: libc::c_uint,
    block_nr: libc::c_uint,
    frame_size: libc::c_uint,
    frame_nr: libc::c_uint,
}

/// `struct tpacket2_hdr`.
#[repr(C)]
struct Header {
    status: u32,
    length: u32,
    taken: u32,
    link: u16,
    net: u16,
    seconds: u32,
    nanoseconds: u32,
    rest: [u8; 8],
}

impl Ring {
    // https://man7.org/linux/man-pages/man7/packet.7.html
    fn new() -> Result<Ring> {
        let socket = socket(
            AddressFamily::Packet,
            SockType::Raw,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
        .context("a packet socket")?;
        let set = |option, value: &dyn AsBytes| {
            let (at, length) = value.bytes();
            // SAFETY: the kernel reads `length` bytes at `at`, which live.
            #[expect(unsafe_code, reason = "nix has no such options")]
            let done = unsafe {
                libc::setsockopt(
                    socket.as_raw_fd(),
                    libc::SOL_PACKET,
                    option,
                    at,
                    length,
                )
            };
            Errno::result(done).map(drop)
        };
        let version: libc::c_int = 1; // TPACKET_V2
        set(libc::PACKET_VERSION, &version).context("PACKET_VERSION")?;
        let number = |value: usize| libc::c_uint::try_from(value);
        let request = Request {
            block_size: number(BLOCK)?,
            block_nr: number(SLOT * SLOTS / BLOCK)?,
            frame_size: number(SLOT)?,
            frame_nr: number(SLOTS)?,
        };
        set(libc::PACKET_RX_RING, &request).context("PACKET_RX_RING")?;
        // SAFETY: a new mapping of the size that was asked for; the kernel
        // chooses where.
        #[expect(unsafe_code, reason = "the ring is shared memory")]
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                SLOT * SLOTS,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(Errno::last()).context("map the ring");
        }
        // Packets come in from now on, all kinds from all interfaces.
        let everything = libc::sockaddr_ll {
            sll_family: u16::try_from(libc::AF_PACKET)?,
            sll_protocol: u16::try_from(libc::ETH_P_ALL)?.to_be(),
            sll_ifindex: 0,
            sll_hatype: 0,
            sll_pkttype: 0,
            sll_halen: 0,
            sll_addr: [0; 8],
        };
        let length = size_of::<libc::sockaddr_ll>();
        // SAFETY: the kernel reads `length` bytes of `everything`.
        #[expect(unsafe_code, reason = "nix binds no packet sockets")]
        let done = unsafe {
            libc::bind(
                socket.as_raw_fd(),
                (&raw const everything).cast(),
                libc::socklen_t::try_from(length)?,
            )
        };
        Errno::result(done).context("bind the packet socket")?;
        Ok(Ring {
            socket,
            memory: memory.cast(),
            next: 0,
        })
    }

    fn slot(&self) -> *mut u8 {
        // SAFETY: `next` is below SLOTS, so the slot lies in the mapping.
        #[expect(unsafe_code, reason = "the ring is shared memory")]
        unsafe {
            self.memory.add(self.next * SLOT)
        }
    }

    /// The status word of the next slot, which the kernel writes too.
    fn status(&self) -> &AtomicU32 {
        // SAFETY: it is the first member of the header, aligned to a page's
        // part, and both sides only read and write it whole.
        #[expect(unsafe_code, reason = "the ring is shared memory")]
        unsafe {
            AtomicU32::from_ptr(self.slot().cast())
        }
    }

    fn has_next(&self) -> bool {
        self.status().load(Ordering::Acquire) & libc::TP_STATUS_USER != 0
    }

    /// The next packet that was received here. On the loopback interface each
    /// one passes twice, on its way out and on its way in.
    fn next(&mut self) -> Option<Frame> {
        while self.has_next() {
            let slot = self.slot();
            #[expect(
                unsafe_code,
                clippy::cast_ptr_alignment,
                reason = "the ring is shared memory, and its slots begin at \
                          multiples of their size"
            )]
            // SAFETY: until its status is given back, the slot is ours; it
            // begins with a header and a `sockaddr_ll`, and holds `taken`
            // bytes from `link` on.
            let (frame, incoming) = unsafe {
                let header = &*slot.cast::<Header>();
                let from = slot.add(size_of::<Header>().next_multiple_of(16));
                let from = &*from.cast::<libc::sockaddr_ll>();
                let bytes = std::slice::from_raw_parts(
                    slot.add(usize::from(header.link)),
                    (header.taken as usize)
                        .min(SLOT - usize::from(header.link)),
                );
                let frame = Frame {
                    at: u64::from(header.seconds) * 1_000_000_000
                        + u64::from(header.nanoseconds),
                    bytes: bytes.to_vec(),
                    length: header.length as usize,
                };
                (frame, from.sll_pkttype != libc::PACKET_OUTGOING)
            };
            self.status()
                .store(libc::TP_STATUS_KERNEL, Ordering::Release);
            self.next = (self.next + 1) % SLOTS;
            if incoming {
                return Some(frame);
            }
        }
        None
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        // A failure is a look more.
        let _ = poll(&mut fds, PollTimeout::from(AGAIN));
    }

    /// How many packets found no free slot.
    fn lost(&self) -> u32 {
        let mut statistics = [0_u32; 2];
        let mut length: libc::socklen_t = 8;
        // SAFETY: `struct tpacket_stats` is two words, for which there is
        // room.
        #[expect(unsafe_code, reason = "nix has no such option")]
        unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                statistics.as_mut_ptr().cast(),
                &raw mut length,
            );
        }
        statistics[1]
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping is this ring's own, and nothing points into it
        // any more.
        #[expect(unsafe_code, reason = "the ring is shared memory")]
        unsafe {
            libc::munmap(self.memory.cast(), SLOT * SLOTS);
        }
    }
}

/// Where the bytes of an option are.
trait AsBytes {
    fn bytes(&self) -> (*const libc::c_void, libc::socklen_t);
}

impl<T> AsBytes for T {
    fn bytes(&self) -> (*const libc::c_void, libc::socklen_t) {
        let length = libc::socklen_t::try_from(size_of::<T>());
        ((&raw const *self).cast(), length.unwrap_or_default())
    }
}
