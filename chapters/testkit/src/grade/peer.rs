//! The other ends of the program's connections, played by a check: each step
//! has a deadline, and each is noted in the story.

use std::io;
use std::net::{
    IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream,
};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrStorage,
    bind, connect, getsockopt, listen, recv, send, setsockopt, socket, sockopt,
};

use super::attempt::{LOOK, look_until, same};
use super::{Attempt, Failure, expect, quote, stuck};
use crate::program::DEADLINE;
use crate::sock_diag::{self, Answer};
use crate::{Skip, kernel};

/// What is taken in one call, in bytes.
const PIECE: usize = 64 * 1024;

/// What `hears_to_the_end` takes at most, in bytes.
const STREAM_LIMIT: usize = 64 << 20;

/// How long a piece may wait to be taken before the next one follows.
const TAKEN_LIMIT: Duration = Duration::from_secs(1);

/// One end of a connection of the program's, played by the check.
pub struct Peer {
    note: Arc<Note>,
    stream: TcpStream,
}

/// What the story knows about a peer.
pub(super) struct Note {
    pub(super) name: String,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    sent: AtomicUsize,
    done: AtomicBool,
}

impl Note {
    /// "client A, who is silent".
    pub(super) fn told(&self) -> String {
        let does = match self.sent.load(Ordering::Relaxed) {
            _ if self.done.load(Ordering::Relaxed) => {
                "who sends no more".to_owned()
            }
            0 => "who is silent".to_owned(),
            1 => "who has sent 1 byte".to_owned(),
            count => format!("who has sent {count} bytes"),
        };
        format!("{}, {does}", self.name)
    }
}

/// A server that a check plays.
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    name: String,
    socket: TcpListener,
}

/// An address that refuses connections, as long as this value lives.
pub struct Closed {
    /// The address.
    pub address: SocketAddr,
    _bound: OwnedFd,
}

/// An address that never answers: its accept queue is full.
pub struct Silent {
    /// The address.
    pub address: SocketAddr,
    name: String,
    listener: OwnedFd,
    _queued: Vec<OwnedFd>,
}

impl Peer {
    /// Its name in the story.
    pub fn name(&self) -> &str {
        &self.note.name
    }

    /// Its own address, which the program sees as its peer's.
    pub fn local(&self) -> SocketAddr {
        self.note.local
    }

    /// The program's address.
    pub fn remote(&self) -> SocketAddr {
        self.note.remote
    }

    /// Its descriptor, which is in non-blocking mode.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// What comes next, without a failure of the learner's in it.
    fn recv(&self, into: &mut [u8], flags: MsgFlags) -> nix::Result<usize> {
        loop {
            match recv(self.stream.as_raw_fd(), into, flags) {
                Err(Errno::EINTR) => {}
                done => return done,
            }
        }
    }

    /// Waits until one of `events` (or an error) has come; false at the
    /// deadline.
    fn wait(&self, events: PollFlags, deadline: Instant) -> Result<bool> {
        wait(self.fd(), events, deadline)
    }
}

/// A peer on a connection that is there.
fn peer(name: &str, stream: TcpStream) -> Result<Peer> {
    stream.set_nonblocking(true)?;
    // What a step sends goes out with that step.
    stream.set_nodelay(true)?;
    let note = Arc::new(Note {
        name: name.to_owned(),
        local: canonical(stream.local_addr()?),
        // Where the program has reset the connection meanwhile, nobody
        // can say who it was.
        remote: stream.peer_addr().map_or_else(|_| nobody(), canonical),
        sent: AtomicUsize::new(0),
        done: AtomicBool::new(false),
    });
    stuck::knows_peer(&note);
    Ok(Peer { note, stream })
}

/// Waits for an event on a descriptor; false at the deadline.
fn wait(
    fd: BorrowedFd<'_>,
    events: PollFlags,
    deadline: Instant,
) -> Result<bool> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up, or the last millisecond would be a busy loop.
        let left = PollTimeout::try_from(left + Duration::from_micros(999))?;
        let mut fds = [PollFd::new(fd, events)];
        match poll(&mut fds, left) {
            Ok(0) => return Ok(false),
            Ok(_) => return Ok(true),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno).context("poll"),
        }
    }
}

// Making connections.
impl Attempt {
    /// Connects a client to the program; it goes by `name` in the story.
    pub fn connects(
        &mut self,
        name: &str,
        address: SocketAddr,
    ) -> Result<Peer> {
        self.connects_with(name, address, None)
    }

    /// As [`Attempt::connects`], with a receive buffer of about that many
    /// bytes: the program's kernel soon finds no more room there.
    pub fn connects_tuned(
        &mut self,
        name: &str,
        address: SocketAddr,
        receive_buffer: usize,
    ) -> Result<Peer> {
        self.connects_with(name, address, Some(receive_buffer))
    }

    fn connects_with(
        &mut self,
        name: &str,
        address: SocketAddr,
        receive_buffer: Option<usize>,
    ) -> Result<Peer> {
        let stream = stream_socket(address)?;
        if let Some(size) = receive_buffer {
            tune(&stream, size)?;
        }
        let failed = |errno: Errno| {
            Failure::new(
                format_args!("{name} can connect to {address}"),
                format_args!("{errno}"),
            )
        };
        match begin_to_connect(&stream, address) {
            Ok(()) => {}
            Err(Errno::EINPROGRESS) => {
                let out = PollFlags::POLLOUT;
                if !wait(stream.as_fd(), out, self.deadline())? {
                    return Err(Failure::new(
                        format_args!("{name} can connect to {address}"),
                        self.nothing(),
                    ));
                }
                let error = getsockopt(&stream, sockopt::SocketError)?;
                if error != 0 {
                    return Err(failed(Errno::from_raw(error)));
                }
            }
            Err(errno) => return Err(failed(errno)),
        }
        let peer = peer(name, stream.into())?;
        self.step(format_args!("{name} connects"));
        Ok(peer)
    }

    /// Opens a server that the program can connect to.
    pub fn listener(&mut self, name: &str) -> Result<Listener> {
        self.listener_at(name, Ipv4Addr::LOCALHOST.into())
    }

    /// As [`Attempt::listener`], at this address of the machine. A machine
    /// that lacks it skips the check.
    pub fn listener_at(&mut self, name: &str, ip: IpAddr) -> Result<Listener> {
        let socket = match TcpListener::bind((ip, 0)) {
            Ok(socket) => socket,
            Err(error) => match error.raw_os_error().map(Errno::from_raw) {
                Some(Errno::EADDRNOTAVAIL | Errno::EAFNOSUPPORT) => {
                    return Err(Skip(format!("needs the address {ip}")).into());
                }
                _ => return Err(error).context("bind"),
            },
        };
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        self.step(format_args!("{name} listens on {address}"));
        Ok(Listener {
            address,
            name: name.to_owned(),
            socket,
        })
    }

    /// As [`Attempt::listener`]; its connections have a receive buffer of
    /// about that many bytes from the start.
    pub fn listener_tuned(
        &mut self,
        name: &str,
        receive_buffer: usize,
    ) -> Result<Listener> {
        let listener = self.listener(name)?;
        tune(&listener.socket, receive_buffer)?;
        Ok(listener)
    }

    /// Takes the program's connection.
    pub fn accepts(&mut self, listener: &Listener, name: &str) -> Result<Peer> {
        let expected = format!("the program connects to {}", listener.name);
        loop {
            match listener.socket.accept() {
                Ok((stream, _)) => {
                    let peer = peer(name, stream)?;
                    self.step(expected);
                    return Ok(peer);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if passing(&error) => continue,
                Err(error) => return Err(error).context("accept"),
            }
            let deadline = self.deadline();
            // The end of the program is an event as well: nobody will come.
            let come = look_at_end(deadline, || {
                wait(
                    listener.socket.as_fd(),
                    PollFlags::POLLIN,
                    Instant::now() + LOOK,
                )
            })?;
            if !come {
                let got = if stuck::all_have_ended() {
                    "the program has ended".to_owned()
                } else {
                    self.nothing()
                };
                return Err(Failure::new(expected, got));
            }
        }
    }

    /// As [`Attempt::accepts`], with a receive buffer of about that many
    /// bytes from here on.
    pub fn accepts_tuned(
        &mut self,
        listener: &Listener,
        name: &str,
        receive_buffer: usize,
    ) -> Result<Peer> {
        let peer = self.accepts(listener, name)?;
        setsockopt(&peer.stream, sockopt::RcvBuf, &receive_buffer)?;
        Ok(peer)
    }

    /// Fails if a connection waits in the queue now.
    pub fn nobody_came(&mut self, listener: &Listener) -> Result<()> {
        let name = &listener.name;
        match listener.socket.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error).context("accept"),
            Ok(_) => {
                return Err(Failure::new(
                    format_args!("the program does not connect to {name}"),
                    "a connection",
                ));
            }
        }
        self.step(format_args!("nobody has connected to {name}"));
        Ok(())
    }

    /// An address where nobody listens, and nobody else will.
    pub fn closed_address(&mut self) -> Result<Closed> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let bound = stream_socket(any)?;
        bind(bound.as_raw_fd(), &SockaddrStorage::from(any))?;
        let address = local_address(&bound)?;
        self.step(format_args!("nobody listens on {address}"));
        Ok(Closed {
            address,
            _bound: bound,
        })
    }

    /// An address that never answers: the accept queue of its socket is full,
    /// so its kernel drops what asks for a connection.
    pub fn silent(&mut self, name: &str) -> Result<Silent> {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = stream_socket(any)?;
        bind(listener.as_raw_fd(), &SockaddrStorage::from(any))?;
        listen(&listener, Backlog::new(0)?)?;
        let address = local_address(&listener)?;
        let mut queued = Vec::new();
        let deadline = self.deadline();
        while !full(&listener, &queued)? && Instant::now() < deadline {
            let client = stream_socket(address)?;
            match begin_to_connect(&client, address) {
                Ok(()) | Err(Errno::EINPROGRESS) => {}
                Err(errno) => return Err(errno).context("connect"),
            }
            // This one may be the one that gets no answer any more.
            let out = PollFlags::POLLOUT;
            let soon = Instant::now() + Duration::from_millis(20);
            wait(client.as_fd(), out, soon)?;
            queued.push(client);
        }
        self.step(format_args!("{name} at {address} answers nobody"));
        Ok(Silent {
            address,
            name: name.to_owned(),
            listener,
            _queued: queued,
        })
    }

    /// Makes a silent server accept: it empties its queue.
    pub fn wakes(&mut self, silent: Silent) -> Result<Listener> {
        let socket = TcpListener::from(silent.listener);
        listen(&socket, Backlog::new(16)?)?;
        socket.set_nonblocking(true)?;
        while socket.accept().is_ok() {}
        self.step(format_args!("{} answers again", silent.name));
        Ok(Listener {
            address: silent.address,
            name: silent.name,
            socket,
        })
    }

    /// Waits until `count` connections wait in the accept queue of the
    /// program's listening socket at `address`. On Linux; elsewhere nobody
    /// looks.
    pub fn waits_in_queue(
        &mut self,
        address: SocketAddr,
        count: u64,
    ) -> Result<()> {
        if queued(address).is_none() {
            self.step("the accept queue is not seen on this system");
            return Ok(());
        }
        let expected = match count {
            1 => "1 connection waits in the accept queue".to_owned(),
            _ => format!("{count} connections wait in the accept queue"),
        };
        look_until(self.deadline(), rest, || {
            match queued(address).unwrap_or(0) {
                now if now == count => Ok(()),
                now => Err(now.to_string()),
            }
        })
        .map_err(|got| Failure::new(&expected, got))?;
        self.step(expected);
        Ok(())
    }
}

// Sending.
impl Attempt {
    /// Sends bytes, all of them.
    pub fn sends(&mut self, peer: &mut Peer, bytes: &[u8]) -> Result<()> {
        self.sends_quietly(peer, bytes)?;
        let bytes = quote(bytes);
        self.step(format_args!("{} sends {bytes}", peer.name()));
        Ok(())
    }

    /// As [`Attempt::sends`], without a step in the story.
    pub fn sends_quietly(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
    ) -> Result<()> {
        self.sends_flagged(peer, bytes, MsgFlags::empty())
    }

    /// Sends bytes with `MSG_OOB`: the last one is the urgent byte.
    pub fn sends_urgent(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
    ) -> Result<()> {
        self.sends_flagged(peer, bytes, MsgFlags::MSG_OOB)?;
        let bytes = quote(bytes);
        self.step(format_args!("{} sends {bytes} as urgent", peer.name()));
        Ok(())
    }

    fn sends_flagged(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
        flags: MsgFlags,
    ) -> Result<()> {
        let mut left = bytes;
        while !left.is_empty() {
            match some_sent(peer, left, flags) {
                Ok(count) => left = &left[count..],
                Err(Errno::EWOULDBLOCK) => {
                    let deadline = self.deadline();
                    if !peer.wait(PollFlags::POLLOUT, deadline)? {
                        return Err(Failure::new(
                            format_args!(
                                "{} can send {}",
                                peer.name(),
                                quote(bytes)
                            ),
                            format_args!(
                                "the program takes no more after {} bytes, \
                                 for {DEADLINE:?}",
                                bytes.len() - left.len()
                            ),
                        ));
                    }
                }
                Err(errno) => {
                    return Err(Failure::new(
                        format_args!(
                            "{} can send {}",
                            peer.name(),
                            quote(bytes)
                        ),
                        format_args!(
                            "{errno} after {} bytes",
                            bytes.len() - left.len()
                        ),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Sends pieces, each when the program has taken the one before: for
    /// where a right program is reading. A piece that stays untaken for a
    /// second is followed all the same.
    pub fn sends_pieces(
        &mut self,
        peer: &mut Peer,
        pieces: &[&[u8]],
    ) -> Result<()> {
        let all: Vec<String> = pieces.iter().map(|p| quote(p)).collect();
        let all = match &all[..] {
            [first, .., last] if all.len() > 4 => {
                format!("{first}, …, {last} ({} pieces)", all.len())
            }
            _ => all.join(", "),
        };
        self.sends_cut(peer, pieces, &format!("piece by piece, {all}"))
    }

    /// As [`Attempt::sends_pieces`], with pieces of one byte.
    pub fn sends_byte_by_byte(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
    ) -> Result<()> {
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        let told = format!("byte by byte, {}", quote(bytes));
        self.sends_cut(peer, &pieces, &told)
    }

    fn sends_cut(
        &mut self,
        peer: &mut Peer,
        pieces: &[&[u8]],
        told: &str,
    ) -> Result<()> {
        let name = peer.name().to_owned();
        for (at, piece) in pieces.iter().enumerate() {
            let sent = self.sends_quietly(peer, piece);
            if sent.is_err() {
                let all = pieces.len();
                self.step(format_args!(
                    "{name} sends {told}: {at} of {all} pieces so far"
                ));
            }
            sent?;
            let _ = taken(peer, Instant::now() + TAKEN_LIMIT);
        }
        self.step(format_args!("{name} sends, {told}"));
        Ok(())
    }

    /// Waits until the program has read all that was sent. On Linux;
    /// elsewhere nobody looks.
    pub fn has_taken(&mut self, peer: &mut Peer) -> Result<()> {
        let name = peer.name();
        if !cfg!(target_os = "linux") {
            self.step(format_args!(
                "whether the program has read it all is not seen here"
            ));
            return Ok(());
        }
        taken(peer, self.deadline()).map_err(|got| {
            Failure::new(
                format_args!("the program reads all that {name} sent"),
                got,
            )
        })?;
        self.step(format_args!("the program has read all that {name} sent"));
        Ok(())
    }

    /// Sends until no more fits: until the program's receive buffer and the
    /// peer's send buffer are full. Gives back how many bytes that were.
    pub fn fills(&mut self, peer: &mut Peer) -> Result<usize> {
        /// As long as the program's kernel takes bytes it does so in less.
        const QUIET: Duration = Duration::from_millis(50);

        let bytes = vec![b'.'; PIECE];
        let mut sum = 0;
        loop {
            match some_sent(peer, &bytes, MsgFlags::empty()) {
                Ok(count) => sum += count,
                Err(Errno::EWOULDBLOCK) => {
                    let soon = Instant::now() + QUIET;
                    if !peer.wait(PollFlags::POLLOUT, soon)? {
                        break;
                    }
                }
                Err(errno) => {
                    return Err(Failure::new(
                        format_args!("{} can send", peer.name()),
                        format_args!("{errno} after {sum} bytes"),
                    ));
                }
            }
            if Instant::now() >= self.until {
                break;
            }
        }
        self.step(format_args!(
            "{} sends {sum} bytes; no more fits",
            peer.name()
        ));
        Ok(sum)
    }

    /// Says that it will send no more.
    pub fn half_closes(&mut self, peer: &mut Peer) -> Result<()> {
        peer.note.done.store(true, Ordering::Relaxed);
        match peer.stream.shutdown(Shutdown::Write) {
            // The program has reset the connection; what is heard next tells.
            Err(e) if e.kind() == io::ErrorKind::NotConnected => {}
            done => done.context("shutdown")?,
        }
        self.step(format_args!("{} shuts down writing", peer.name()));
        Ok(())
    }

    /// Closes its descriptor.
    pub fn closes(&mut self, peer: Peer) {
        let Peer { note, stream } = peer;
        drop(stream);
        note.done.store(true, Ordering::Relaxed);
        self.step(format_args!("{} closes", note.name));
    }

    /// Leaves with a reset.
    pub fn resets(&mut self, peer: Peer) -> Result<()> {
        let Peer { note, stream } = peer;
        note.done.store(true, Ordering::Relaxed);
        let at_once = libc::linger {
            l_onoff: 1,
            l_linger: 0,
        };
        setsockopt(&stream, sockopt::Linger, &at_once)?;
        drop(stream);
        self.step(format_args!("{} leaves with a reset", note.name));
        Ok(())
    }
}

// Hearing.
impl Attempt {
    /// Up to `into.len()` bytes, as soon as there are some. 0 is the end.
    fn some_heard(
        &self,
        peer: &Peer,
        into: &mut [u8],
        expected: &dyn std::fmt::Display,
        so_far: &[u8],
    ) -> Result<usize> {
        let but = || match so_far {
            [] => String::new(),
            _ => format!("{}, and then ", quote(so_far)),
        };
        loop {
            match peer.recv(into, MsgFlags::empty()) {
                Ok(count) => return Ok(count),
                Err(Errno::EWOULDBLOCK) => {}
                Err(errno) => {
                    return Err(Failure::new(
                        expected,
                        format_args!("{}{errno}", but()),
                    ));
                }
            }
            if !peer.wait(PollFlags::POLLIN, self.deadline())? {
                return Err(Failure::new(
                    expected,
                    format_args!("{}{}", but(), self.nothing()),
                ));
            }
        }
    }

    fn exactly(
        &self,
        peer: &Peer,
        count: usize,
        expected: &dyn std::fmt::Display,
    ) -> Result<Vec<u8>> {
        let mut heard = Vec::new();
        let mut buffer = vec![0; count.clamp(1, PIECE)];
        while heard.len() < count {
            let room = buffer.len().min(count - heard.len());
            let got =
                self.some_heard(peer, &mut buffer[..room], expected, &heard)?;
            if got == 0 {
                return Err(Failure::new(
                    expected,
                    format_args!(
                        "{}, and then the end of the stream",
                        quote(&heard)
                    ),
                ));
            }
            heard.extend_from_slice(&buffer[..got]);
        }
        Ok(heard)
    }

    /// Fails unless exactly these bytes come next, however they are cut.
    pub fn hears(&mut self, peer: &mut Peer, bytes: &[u8]) -> Result<()> {
        let what = format!("{} hears", peer.name());
        let expected = format!("{what} {}", quote(bytes));
        let heard = self.exactly(peer, bytes.len(), &expected)?;
        same(&what, bytes, &heard)?;
        self.step(expected);
        Ok(())
    }

    /// Waits for exactly `count` bytes.
    pub fn hears_some(
        &mut self,
        peer: &mut Peer,
        count: usize,
    ) -> Result<Vec<u8>> {
        let expected = format!("{} hears {count} bytes", peer.name());
        let heard = self.exactly(peer, count, &expected)?;
        self.step(expected);
        Ok(heard)
    }

    /// Fails unless this line, and its newline, comes next.
    pub fn hears_line(&mut self, peer: &mut Peer, line: &str) -> Result<()> {
        self.hears_one_of(peer, &[format!("{line}\n")])
    }

    /// Fails unless one of these lines, each with its newline, comes next.
    pub fn hears_one_of(
        &mut self,
        peer: &mut Peer,
        lines: &[String],
    ) -> Result<()> {
        let quoted: Vec<String> =
            lines.iter().map(|l| quote(l.as_bytes())).collect();
        let expected = format!("{} hears {}", peer.name(), quoted.join(" or "));
        let heard = self.line_heard(peer, &expected)?;
        let found = lines.iter().any(|line| line.as_bytes() == heard);
        if let ([line], false) = (lines, found) {
            let what = format!("{} hears", peer.name());
            same(&what, line.as_bytes(), &heard)?;
        }
        expect(found, expected, quote(&heard))?;
        self.step(format_args!("{} hears {}", peer.name(), quote(&heard)));
        Ok(())
    }

    /// Waits for a line, and gives it back without its newline.
    pub fn hears_a_line(&mut self, peer: &mut Peer) -> Result<String> {
        let expected = format!("{} hears a line", peer.name());
        let mut heard = self.line_heard(peer, &expected)?;
        expect(
            heard.pop() == Some(b'\n'),
            expected,
            "the end of the stream in the middle of it",
        )?;
        self.step(format_args!("{} hears {}", peer.name(), quote(&heard)));
        Ok(String::from_utf8_lossy(&heard).into_owned())
    }

    /// The next bytes up to a newline, or to the end of the stream. What
    /// comes after them stays in the receive buffer.
    fn line_heard(&self, peer: &Peer, expected: &str) -> Result<Vec<u8>> {
        let mut heard = Vec::new();
        let mut buffer = vec![0; PIECE];
        loop {
            let seen = match peer.recv(&mut buffer, MsgFlags::MSG_PEEK) {
                Ok(count) => &buffer[..count],
                // Nothing yet; any other errno comes again below.
                Err(_) => &[],
            };
            let newline = seen.iter().position(|byte| *byte == b'\n');
            let count = newline.map_or(seen.len(), |at| at + 1).max(1);
            let got =
                self.some_heard(peer, &mut buffer[..count], &expected, &heard)?;
            if got == 0 && heard.is_empty() {
                return Err(Failure::new(expected, "the end of the stream"));
            }
            heard.extend_from_slice(&buffer[..got]);
            if heard.last() == Some(&b'\n') || got == 0 {
                return Ok(heard);
            }
        }
    }

    /// Reads up to the end of the stream.
    pub fn hears_to_the_end(&mut self, peer: &mut Peer) -> Result<Vec<u8>> {
        let expected = format!("{} hears the end of the stream", peer.name());
        let mut heard = Vec::new();
        let mut buffer = vec![0; PIECE];
        loop {
            let got = self.some_heard(peer, &mut buffer, &expected, &heard)?;
            if got == 0 {
                break;
            }
            heard.extend_from_slice(&buffer[..got]);
            expect(
                heard.len() <= STREAM_LIMIT && Instant::now() < self.until,
                &expected,
                format_args!("{} and no end of it", quote(&heard)),
            )?;
        }
        self.step(format_args!(
            "{} hears {} and the end of the stream",
            peer.name(),
            quote(&heard)
        ));
        Ok(heard)
    }

    /// Reads up to the end of the stream or a reset, whichever comes, and
    /// gives back what came before.
    pub fn hears_the_rest_or_a_reset(
        &mut self,
        peer: &mut Peer,
    ) -> Result<Vec<u8>> {
        let expected = format!("{} hears the end or a reset", peer.name());
        let mut heard = Vec::new();
        let mut buffer = vec![0; PIECE];
        loop {
            match peer.recv(&mut buffer, MsgFlags::empty()) {
                Ok(0) | Err(Errno::ECONNRESET) => break,
                Ok(count) => heard.extend_from_slice(&buffer[..count]),
                Err(Errno::EWOULDBLOCK) => {
                    if !peer.wait(PollFlags::POLLIN, self.deadline())? {
                        return Err(Failure::new(
                            &expected,
                            format_args!(
                                "{}, and then {}",
                                quote(&heard),
                                self.nothing()
                            ),
                        ));
                    }
                }
                Err(errno) => return Err(Failure::new(&expected, errno)),
            }
            expect(
                heard.len() <= STREAM_LIMIT && Instant::now() < self.until,
                &expected,
                format_args!("{} and no end of it", quote(&heard)),
            )?;
        }
        self.step(format_args!("{expected}, after {}", quote(&heard)));
        Ok(heard)
    }

    /// Fails unless the end of the stream comes next.
    pub fn hears_the_end(&mut self, peer: &mut Peer) -> Result<()> {
        let expected = format!("{} hears the end of the stream", peer.name());
        self.end_heard(peer, &expected, |end| end == Ok(0))
    }

    /// Fails unless a reset comes next.
    pub fn hears_a_reset(&mut self, peer: &mut Peer) -> Result<()> {
        let expected = format!("{} hears a reset", peer.name());
        self.end_heard(peer, &expected, |end| end == Err(Errno::ECONNRESET))
    }

    /// Fails unless the end of the stream or a reset comes next.
    pub fn hears_an_end(&mut self, peer: &mut Peer) -> Result<()> {
        let expected = format!("{} hears the end or a reset", peer.name());
        self.end_heard(peer, &expected, |end| {
            matches!(end, Ok(0) | Err(Errno::ECONNRESET))
        })
    }

    fn end_heard(
        &mut self,
        peer: &mut Peer,
        expected: &str,
        right: impl Fn(nix::Result<usize>) -> bool,
    ) -> Result<()> {
        let mut buffer = vec![0; PIECE];
        let end = loop {
            match peer.recv(&mut buffer, MsgFlags::empty()) {
                Err(Errno::EWOULDBLOCK) => {}
                end => break end,
            }
            if !peer.wait(PollFlags::POLLIN, self.deadline())? {
                return Err(Failure::new(
                    expected,
                    format_args!(
                        "{}; the connection is still open",
                        self.nothing()
                    ),
                ));
            }
        };
        let got = match end {
            Ok(0) => "the end of the stream".to_owned(),
            Ok(count) => quote(&buffer[..count]),
            Err(Errno::ECONNRESET) => "a reset (ECONNRESET)".to_owned(),
            Err(errno) => errno.to_string(),
        };
        expect(right(end), expected, got)?;
        self.step(expected);
        Ok(())
    }

    /// Fails if something has come: for after an event that it would have had
    /// to overtake.
    pub fn has_heard_nothing(&mut self, peer: &mut Peer) -> Result<()> {
        let mut buffer = vec![0; PIECE];
        let got = match peer.recv(&mut buffer, MsgFlags::MSG_PEEK) {
            Err(Errno::EWOULDBLOCK) => {
                let name = peer.name();
                self.step(format_args!("{name} has heard nothing so far"));
                return Ok(());
            }
            Ok(0) => "the end of the stream".to_owned(),
            Ok(count) => quote(&buffer[..count]),
            Err(errno) => errno.to_string(),
        };
        let name = peer.name();
        Err(Failure::new(
            format_args!("{name} has heard nothing so far"),
            got,
        ))
    }

    /// Sends all and reads at the same time, shuts down writing after the
    /// last byte, reads to the end.
    pub fn talks_and_listens(
        &mut self,
        peer: &mut Peer,
        bytes: &[u8],
    ) -> Result<Vec<u8>> {
        let name = peer.name().to_owned();
        let total = bytes.len();
        let expected =
            format!("{name} sends {total} bytes and hears all, to the end");
        let mut left = bytes;
        let mut heard = Vec::new();
        let mut buffer = vec![0; PIECE];
        let mut told = false;
        loop {
            if left.is_empty() && !told {
                self.half_closes(peer)?;
                told = true;
            }
            let mut idle = true;
            let failed = |errno: Errno| {
                Failure::new(
                    &expected,
                    format_args!("{errno}, {} bytes unsent", left.len()),
                )
            };
            if !left.is_empty() {
                match some_sent(peer, left, MsgFlags::empty()) {
                    Ok(count) => {
                        left = &left[count..];
                        idle = false;
                    }
                    Err(Errno::EWOULDBLOCK) => {}
                    Err(errno) => return Err(failed(errno)),
                }
            }
            match peer.recv(&mut buffer, MsgFlags::empty()) {
                Ok(0) if left.is_empty() => break,
                Ok(0) => {
                    return Err(Failure::new(
                        &expected,
                        format_args!(
                            "the end of the stream, {} bytes unsent",
                            left.len()
                        ),
                    ));
                }
                Ok(count) => {
                    heard.extend_from_slice(&buffer[..count]);
                    idle = false;
                }
                Err(Errno::EWOULDBLOCK) => {}
                Err(errno) => {
                    return Err(Failure::new(
                        &expected,
                        format_args!("{errno}, {} bytes unsent", left.len()),
                    ));
                }
            }
            let mut events = PollFlags::POLLIN;
            if !left.is_empty() {
                events |= PollFlags::POLLOUT;
            }
            let endless = heard.len() > STREAM_LIMIT;
            if endless || (idle && !peer.wait(events, self.deadline())?) {
                return Err(Failure::new(
                    &expected,
                    format_args!(
                        "{} sent, {} heard, then neither way a byte for \
                         {DEADLINE:?}",
                        total - left.len(),
                        heard.len()
                    ),
                ));
            }
        }
        self.step(format_args!(
            "{name} sends {total} bytes and hears {} at the same time, then \
             the end of the stream",
            quote(&heard)
        ));
        Ok(heard)
    }
}

/// Waits in short turns until `done`, the deadline, or the end of every
/// program.
fn look_at_end(
    deadline: Instant,
    mut done: impl FnMut() -> Result<bool>,
) -> Result<bool> {
    loop {
        let ended = stuck::all_have_ended();
        if done()? {
            return Ok(true);
        }
        if ended || Instant::now() >= deadline {
            return Ok(false);
        }
    }
}

/// How many connections wait in the accept queue of the socket that listens
/// at this address; `None` where that can't be seen.
fn queued(address: SocketAddr) -> Option<u64> {
    match sock_diag::ask(address, sock_diag::NOBODY) {
        Answer::Found(socket) => Some(u64::from(socket.receive_queue)),
        Answer::None | Answer::Silence => kernel::queued(address),
    }
}

/// A pause between two looks, where no event ends it.
fn rest() -> bool {
    let _ = poll(&mut [], PollTimeout::from(1_u8));
    false
}

fn some_sent(peer: &Peer, bytes: &[u8], flags: MsgFlags) -> nix::Result<usize> {
    loop {
        match send(peer.stream.as_raw_fd(), bytes, flags | sys::MSG_NOSIGNAL) {
            Err(Errno::EINTR) => {}
            Ok(count) => {
                peer.note.sent.fetch_add(count, Ordering::Relaxed);
                return Ok(count);
            }
            Err(errno) => return Err(errno),
        }
    }
}

/// Waits until nothing of what `peer` sent is on its way or unread.
fn taken(peer: &Peer, deadline: Instant) -> Result<(), String> {
    let note = &peer.note;
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    look_until(deadline, rest, || {
        let unread = match sock_diag::ask(note.remote, note.local) {
            Answer::Found(socket) => Some(u64::from(socket.receive_queue)),
            Answer::None => None,
            Answer::Silence => kernel::unread(note.remote, note.local),
        };
        // Where there is no such connection, the program has closed: it reads
        // no more, and what is heard next tells. What it never acknowledged
        // would count as on its way for ever.
        let Some(unread) = unread else {
            return Ok(());
        };
        match (unacknowledged(peer), unread) {
            (0, 0) => Ok(()),
            (0, unread) => Err(format!("{} unread", bytes(unread))),
            (left, _) => Err(format!("{} on their way", bytes(left))),
        }
    })
}

fn bytes(count: u64) -> String {
    match count {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    }
}

nix::ioctl_read_bad!(output_queue, libc::TIOCOUTQ, libc::c_int);

/// How many bytes the program's kernel has not acknowledged yet.
fn unacknowledged(peer: &Peer) -> u64 {
    let mut count = 0;
    // SAFETY: `count` is what the call fills in.
    #[expect(unsafe_code, reason = "nix has no call for it")]
    let asked =
        unsafe { output_queue(peer.stream.as_raw_fd(), &raw mut count) };
    // A connection that has been reset has nothing on its way.
    asked.map_or(0, |_| u64::try_from(count).unwrap_or(0))
}

/// Makes a slow reader, before it is connected. Segments get the size they
/// have on an Ethernet, because with the loopback's 64 KiB the program's
/// kernel would give a connection megabytes of send buffer.
fn tune(socket: &impl AsFd, receive_buffer: usize) -> Result<()> {
    setsockopt(socket, sockopt::RcvBuf, &receive_buffer)
        .context("set SO_RCVBUF")?;
    // nix can set it on these.
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    setsockopt(socket, sockopt::TcpMaxSeg, &1400).context("set TCP_MAXSEG")?;
    Ok(())
}

fn stream_socket(address: SocketAddr) -> Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    socket(family, SockType::Stream, SockFlag::empty(), None).context("socket")
}

fn begin_to_connect(stream: &OwnedFd, address: SocketAddr) -> nix::Result<()> {
    use nix::fcntl::{FcntlArg, OFlag, fcntl};
    fcntl(stream, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    connect(stream.as_raw_fd(), &SockaddrStorage::from(address))
}

fn local_address(socket: &OwnedFd) -> Result<SocketAddr> {
    // std asks the kernel in the same way for every stream socket.
    Ok(TcpListener::from(socket.try_clone()?).local_addr()?)
}

/// Whether the accept queue of `listener` has no place left: as its kernel
/// says, or, where it does not tell, when a client got no answer.
fn full(listener: &OwnedFd, queued: &[OwnedFd]) -> Result<bool> {
    if let Ok(queue) = sys::accept_queue(listener) {
        // A backlog of n has room for n + 1.
        return Ok(queue.waiting > queue.backlog);
    }
    let Some(last) = queued.last() else {
        return Ok(false);
    };
    Ok(!wait(last.as_fd(), PollFlags::POLLOUT, Instant::now())?)
}

fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn nobody() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
}

/// Failures of `accept` that are the connection's own.
fn passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
    )
}
