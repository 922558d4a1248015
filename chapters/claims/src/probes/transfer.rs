//! Claims about data transfer, and what the sections about `send` and `recv`
//! share with it.

use std::os::fd::{AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::socket::{
    Backlog, MsgFlags, Shutdown, SockType, SockaddrIn6, bind, connect,
    getsockname, listen, recv, send, setsockopt, shutdown, sockopt,
};
use nix::unistd::{Whence, lseek, read, write};

use crate::Outcome::Holds;
use crate::scene::{self, Call};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("transfer.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "XFR-01",
        says: "read and write transfer data over a connected socket, as they \
               do over any other descriptor.",
        posix: "",
        outcome: Holds,
        why: "The kernel finds the socket behind the descriptor and does what \
              recv and send with flags 0 do (read(2), socket(7)). Neither end \
              can tell which call the other one used.",
        finds: &[
            ("TCP", "hello"),
            ("local stream", "hello"),
            ("connected UDP", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/read-write.md",
        probe: probe!(read_and_write),
    },
    Claim {
        id: "XFR-02",
        says: "Both ends of a connection may read, and both may write.",
        posix: "",
        outcome: Holds,
        why: "A connection is two streams, one in each direction (RFC 9293, \
              2.2). Ending one of them with shutdown leaves the other as it \
              was (shutdown(2)).",
        finds: &[
            ("TCP, both write before either reads", "there, back"),
            ("local stream, both write first", "there, back"),
            ("the client has ended its direction", "the server reads 0"),
            ("the other direction", "back"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/read-write.md",
        probe: probe!(two_ways),
    },
    Claim {
        id: "XFR-04",
        says: "send and recv have an argument for flags, which ask for what \
               read and write cannot do.",
        posix: "",
        outcome: Holds,
        why: "read and write have no such argument; the socket's own settings \
              decide for them, here that calls wait (recv(2)).",
        finds: &[
            ("recv with MSG_PEEK", "he"),
            ("read after it", "he"),
            ("recv with MSG_DONTWAIT, nothing there", "EAGAIN"),
            ("read, nothing there", "waits"),
            ("send with MSG_OOB, what recv with MSG_OOB gives", "!"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(only_with_flags),
    },
    Claim {
        id: "XFR-50",
        says: "A stream keeps no borders: how many calls wrote the bytes says \
               nothing of how many calls read them.",
        posix: "",
        outcome: Holds,
        why: "The kernel keeps one row of bytes for a stream (socket(7), \
              SOCK_STREAM). SOCK_SEQPACKET and SOCK_DGRAM keep each message \
              apart.",
        finds: &[
            ("TCP: writes", "3"),
            ("TCP: reads", "1"),
            ("local stream: reads", "1"),
            ("local SOCK_SEQPACKET: reads", "3"),
            ("TCP: reads of 4 bytes for one write of 12", "3"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/recv.md",
        probe: probe!(no_borders),
    },
    Claim {
        id: "XFR-51",
        says: "A socket has no position: calls that name one fail.",
        posix: "",
        outcome: Holds,
        why: "What is read from a socket is gone, so there is nothing to go \
              back to (lseek(2), pread(2)). MSG_PEEK is what shows bytes \
              twice.",
        finds: &[
            ("lseek", "ESPIPE"),
            ("pread", "ESPIPE"),
            ("pwrite", "ESPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/read-write.md",
        probe: probe!(no_position),
    },
    Claim {
        id: "XFR-52",
        says: "A descriptor is not the connection: that ends with its last \
               descriptor, or by shutdown on any.",
        posix: "",
        outcome: Holds,
        why: "close gives up one descriptor; the kernel sends the end of the \
              stream when the last one is gone (close(2)). shutdown acts on \
              the connection, however many descriptors lead to it \
              (shutdown(2)).",
        finds: &[
            ("one of two descriptors closed, the peer's recv", "waits"),
            ("write to the other one", "success"),
            ("shutdown on the other one, the peer's recv", "0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/endings.md",
        probe: probe!(two_descriptors),
    },
    Claim {
        id: "XFR-53",
        says: "Over IPv6 the calls do the same as over IPv4, with room for \
               longer datagrams.",
        posix: "",
        outcome: Holds,
        why: "TCP and UDP are the same above IPv4 and IPv6 (RFC 9293, RFC \
              768). The length field of IPv6 does not count its own header of \
              40 bytes (RFC 8200, 3), so a datagram holds 65,535 less 8 bytes.",
        finds: &[
            ("TCP, write and read", "hello"),
            ("TCP, never connected: send", "EPIPE"),
            ("TCP, never connected: recv", "ENOTCONN"),
            ("UDP, never connected: send", "EDESTADDRREQ"),
            ("UDP, 65,527 bytes", "success"),
            ("UDP, 65,528 bytes", "EMSGSIZE"),
        ],
        seen: &["Linux 6.18"],
        needs: &["ipv6"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(over_ipv6),
    },
];

/// Five bytes by `write` and `read`, from each kind of socket to its peer.
fn read_and_write(s: &mut Story) -> Result<()> {
    for (label, pair) in [
        ("TCP", scene::tcp_pair()?),
        ("local stream", scene::local_pair()?),
        ("connected UDP", scene::udp_pair()?),
    ] {
        let (one, other) = pair;
        let count = write(&one, b"hello")?;
        let mut buffer = [0; 16];
        let back = read(&other, &mut buffer)?;
        s.does(format_args!(
            "write({}) gives {count}; read({}) gives {back}",
            one.as_raw_fd(),
            other.as_raw_fd()
        ));
        s.finds(label, String::from_utf8_lossy(&buffer[..back]));
    }
    Ok(())
}

/// Both ends write, and both read what the other one wrote.
fn two_ways(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let ends = scene::local_pair()?;
    for (label, one, other) in [
        ("TCP, both write before either reads", &client, &server),
        ("local stream, both write first", &ends.0, &ends.1),
    ] {
        s.does("each end writes before it reads");
        write(one, b"there")?;
        write(other, b"back")?;
        let (there, back) = (take(other, 5)?, take(one, 4)?);
        s.finds(label, format_args!("{there}, {back}"));
    }
    s.does("shutdown(client, SHUT_WR), then the server answers");
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    let count = read(&server, &mut [0; 8])?;
    s.finds(
        "the client has ended its direction",
        format_args!("the server reads {count}"),
    );
    write(&server, b"back")?;
    s.finds("the other direction", take(&client, 4)?);
    Ok(())
}

/// What a flag asks for, and what `read` does in its place.
fn only_with_flags(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    write(&client, b"he")?;
    scene::until_readable(&server)?;
    let mut buffer = [0; 8];
    s.does("the client writes \"he\"; the server peeks, then reads");
    let fd = server.as_raw_fd();
    let count = recv(fd, &mut buffer, MsgFlags::MSG_PEEK)?;
    let peeked = String::from_utf8_lossy(&buffer[..count]).into_owned();
    s.finds("recv with MSG_PEEK", peeked);
    let count = read(&server, &mut buffer)?;
    s.finds("read after it", String::from_utf8_lossy(&buffer[..count]));
    s.does("nothing is there now, and the server's socket is blocking");
    let result = recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT);
    s.finds_result("recv with MSG_DONTWAIT, nothing there", result);
    let mut call = Call::make({
        let server = server.try_clone()?;
        move || read(&server, &mut [0; 8])
    })?;
    s.finds("read, nothing there", call.state(libc::SYS_read)?);
    s.does("send(client, \"hey!\", MSG_OOB): the last byte is the urgent one");
    send(client.as_raw_fd(), b"hey!", MsgFlags::MSG_OOB)?;
    scene::wait_for(&server, PollFlags::POLLPRI)?;
    let count = recv(fd, &mut buffer, MsgFlags::MSG_OOB)?;
    s.finds(
        "send with MSG_OOB, what recv with MSG_OOB gives",
        String::from_utf8_lossy(&buffer[..count]),
    );
    call.result()?.context("read")?;
    Ok(())
}

/// Three writes, then reads until everything is there.
fn no_borders(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    let packets = scene::local_pair_of(SockType::SeqPacket)?;
    for (label, one, other) in [
        ("TCP: reads", &client, &server),
        ("local stream: reads", &stream.0, &stream.1),
        ("local SOCK_SEQPACKET: reads", &packets.0, &packets.1),
    ] {
        let mut writes = 0;
        for part in ["one ", "two ", "four"] {
            let mut rest = part.as_bytes();
            while !rest.is_empty() {
                rest = &rest[write(one, rest)?..];
                writes += 1;
            }
        }
        if label == "TCP: reads" {
            s.finds("TCP: writes", writes);
            // So that a read would find all of it.
            scene::until_unread(other, 12)?;
        }
        let count = reads(s, other, 64)?;
        s.finds(label, count);
    }
    write(&client, b"one two four")?;
    scene::until_unread(&server, 12)?;
    let count = reads(s, &server, 4)?;
    s.finds("TCP: reads of 4 bytes for one write of 12", count);
    Ok(())
}

/// How many reads with a buffer of this size it takes to get 12 bytes.
fn reads(s: &mut Story, socket: &OwnedFd, size: usize) -> Result<usize> {
    let mut counts = Vec::new();
    while counts.iter().sum::<usize>() < 12 {
        let count = read(socket, &mut vec![0; size])?;
        ensure!(count > 0, "the stream has ended");
        counts.push(count);
    }
    s.does(format_args!("reads of {size} bytes give {counts:?}"));
    Ok(counts.len())
}

/// Calls that go to a place in a file, on a socket that has bytes to read.
fn no_position(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    write(&client, b"hello")?;
    scene::until_readable(&server)?;
    s.does("five bytes are there; lseek, pread and pwrite name a position");
    s.finds_result("lseek", lseek(&server, 0, Whence::SeekSet));
    s.finds_result("pread", nix::sys::uio::pread(&server, &mut [0; 5], 0));
    s.finds_result("pwrite", nix::sys::uio::pwrite(&server, b"hello", 0));
    Ok(())
}

/// A second descriptor for one end of a connection.
fn two_descriptors(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let second = client.try_clone()?;
    s.does(format_args!(
        "descriptor {} is duplicated as {}, then closed",
        client.as_raw_fd(),
        second.as_raw_fd()
    ));
    drop(client);
    let mut call = Call::make({
        let server = server.try_clone()?;
        move || recv(server.as_raw_fd(), &mut [0; 8], MsgFlags::empty())
    })?;
    s.finds(
        "one of two descriptors closed, the peer's recv",
        call.state(libc::SYS_recvfrom)?,
    );
    s.finds_result("write to the other one", write(&second, b"hello"));
    call.result()?.context("recv")?;
    s.does("shutdown(SHUT_WR) on the descriptor that is left");
    shutdown(second.as_raw_fd(), Shutdown::Write)?;
    let count = recv(server.as_raw_fd(), &mut [0; 8], MsgFlags::empty())?;
    s.finds(
        "shutdown on the other one, the peer's recv",
        format_args!("{count} bytes"),
    );
    Ok(())
}

/// The calls of this section and the next two, over IPv6.
fn over_ipv6(s: &mut Story) -> Result<()> {
    let quiet = MsgFlags::MSG_NOSIGNAL;
    let bound = |kind| {
        let (socket, any) = (scene::inet6(kind)?, scene::loopback6(0));
        bind(socket.as_raw_fd(), &any).context("bind to ::1")?;
        let address: SockaddrIn6 = getsockname(socket.as_raw_fd())?;
        Ok::<_, anyhow::Error>((socket, address))
    };
    let (listener, address) = bound(SockType::Stream)?;
    listen(&listener, Backlog::new(1)?).context("listen")?;
    let client = scene::inet6(SockType::Stream)?;
    connect(client.as_raw_fd(), &address).context("connect")?;
    s.does(format_args!("a TCP connection with {address}"));
    write(&client, b"hello")?;
    let (server, _) = sys::accept(&listener).context("accept")?;
    s.finds("TCP, write and read", take(&server, 5)?);
    s.does("a TCP socket and a UDP socket that nobody has connected");
    let tcp = scene::inet6(SockType::Stream)?;
    let result = send(tcp.as_raw_fd(), b"x", quiet);
    s.finds_result("TCP, never connected: send", result);
    let result = recv(tcp.as_raw_fd(), &mut [0; 8], MsgFlags::empty());
    s.finds_result("TCP, never connected: recv", result);
    let udp = scene::inet6(SockType::Datagram)?;
    let result = send(udp.as_raw_fd(), b"x", quiet);
    s.finds_result("UDP, never connected: send", result);
    let (_reader, address) = bound(SockType::Datagram)?;
    connect(udp.as_raw_fd(), &address).context("connect")?;
    s.does(format_args!("the UDP socket is connected to {address}"));
    setsockopt(&udp, sockopt::SndBuf, &200_000).context("SO_SNDBUF")?;
    let result = send(udp.as_raw_fd(), &vec![0; 65_527], quiet);
    s.finds_result("UDP, 65,527 bytes", result);
    let result = send(udp.as_raw_fd(), &vec![0; 65_528], quiet);
    s.finds_result("UDP, 65,528 bytes", result);
    Ok(())
}

// What the sections about `send`, `recv` and their flags share.

/// Exactly this many bytes, as text.
pub(super) fn take(socket: &OwnedFd, length: usize) -> Result<String> {
    let mut buffer = vec![0; length];
    let fd = socket.as_raw_fd();
    let count = recv(fd, &mut buffer, MsgFlags::MSG_WAITALL).context("recv")?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

/// How many bytes, or the errno.
pub(super) fn bytes(result: Result<usize, Errno>) -> String {
    match result {
        Ok(1) => "1 byte".to_owned(),
        Ok(count) => format!("{count} bytes"),
        Err(errno) => format!("{errno:?}"),
    }
}

/// What `recv` gives, as text, or the errno.
pub(super) fn text(socket: &OwnedFd, size: usize, flags: MsgFlags) -> String {
    let mut buffer = vec![0; size];
    match recv(socket.as_raw_fd(), &mut buffer, flags) {
        Ok(count @ 1..) => String::from_utf8_lossy(&buffer[..count]).into(),
        result => bytes(result),
    }
}

/// A thread that owns one end of a connection ends: by an early return, and
/// by a panic. Its peer tells what became of the descriptor.
pub(super) fn owner_ends(s: &mut Story) -> Result<()> {
    for (label, panics) in [
        ("Rust: the owner returns early, its peer's recv", false),
        ("Rust: the owner panics, its peer's recv", true),
    ] {
        let (owned, peer) = scene::tcp_pair()?;
        let thread = thread::spawn(move || {
            // Dropped, and so closed, however this thread ends.
            let _socket = owned;
            if panics {
                // As a panic, without its message.
                resume_unwind(Box::new("no more"));
            }
        });
        let end = if panics { "panics" } else { "returns early" };
        s.does(format_args!("a Rust thread owns one end, and {end}"));
        // A panic comes back from here as an error.
        let _ = thread.join();
        let count = recv(peer.as_raw_fd(), &mut [0; 8], MsgFlags::empty())?;
        s.finds(label, format_args!("{count} bytes"));
    }
    Ok(())
}
