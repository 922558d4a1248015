//! Claims about `send`.

use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::socket::{
    MsgFlags, Shutdown, SockType, SockaddrIn, bind, getsockname, recv, send,
    sendto, setsockopt, shutdown, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::write;

use super::transfer::{owner_ends, take};
use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Action, Call, Sleeper};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("send.rs");

/// More than all buffers of a connection hold together.
const MANY: usize = 16_000_000;

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "SND-01",
        says: "send with flags 0 does what write does.",
        posix: "",
        outcome: Holds,
        why: "On Linux write on a socket ends in the same function of the \
              protocol as send (send(2), measured). An empty write is no \
              exception: on UDP it sends an empty datagram.",
        finds: &[
            ("TCP, write and then send: the peer gets", "hello hello"),
            ("UDP, an empty write", "an empty datagram arrives"),
            ("UDP, an empty send", "an empty datagram arrives"),
            ("TCP, never connected: write", "EPIPE, SIGPIPE"),
            ("TCP, never connected: send", "EPIPE, SIGPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/read-write.md",
        probe: probe!(send_is_write),
    },
    Claim {
        id: "SND-02",
        says: "Once a connection is broken, every send and every write on it \
               raises SIGPIPE.",
        posix: "send(): only for SOCK_STREAM and SOCK_SEQPACKET, and not with \
                MSG_NOSIGNAL.",
        outcome: OnlyIf(
            "the socket is a stream, the call is without MSG_NOSIGNAL and it \
             fails with EPIPE: the call that reports ECONNRESET raises nothing",
        ),
        why: "The kernel raises the signal where it returns EPIPE for a \
              stream. An error of the connection, such as ECONNRESET, is \
              reported first, once, and without a signal; local SOCK_SEQPACKET \
              fails without one, too (measured).",
        finds: &[
            ("TCP, reset: the first send", "ECONNRESET, no signal"),
            ("TCP, reset: the second send", "EPIPE, SIGPIPE"),
            ("TCP, reset: write", "EPIPE, SIGPIPE"),
            ("TCP, reset: send with MSG_NOSIGNAL", "EPIPE, no signal"),
            ("local stream, closed: send", "EPIPE, SIGPIPE"),
            ("local SOCK_SEQPACKET, closed: send", "EPIPE, no signal"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/broken-pipe.md",
        probe: probe!(signal_with_each_call),
    },
    Claim {
        id: "SND-03",
        says: "send returns how many bytes it has transmitted.",
        posix: "send(): the number of bytes sent.",
        outcome: Differs(
            "It returns how many bytes the kernel has taken; some of them may \
             not have left this machine yet.",
        ),
        why: "send copies into the send buffer and returns; the kernel sends \
              when the peer's window allows it (tcp(7), RFC 9293, 3.8.6). \
              SIOCOUTQNSD tells how many bytes it has not sent yet.",
        finds: &[
            ("TCP, of the bytes counted, not yet sent", "some"),
            (
                "local stream, of the bytes counted, in the peer's queue",
                "all",
            ),
            ("UDP, 5 bytes to a port where nobody is", "5"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/send.md",
        probe: probe!(what_the_count_counts),
    },
    Claim {
        id: "SND-04",
        says: "On a non-blocking socket send may take only a part of the data.",
        posix: "send() fails where there is no space; that a part may be taken \
                is said of write().",
        outcome: OnlyIf(
            "the socket is a stream; a message of a datagram or SOCK_SEQPACKET \
             socket goes whole or not at all",
        ),
        why: "A stream takes as many bytes as there is room for and says how \
              many. A message that keeps its borders cannot be taken in part \
              (send(2)).",
        finds: &[
            ("TCP, 16,000,000 bytes", "a part"),
            ("local stream, 16,000,000 bytes", "a part"),
            ("UDP, 1,000 bytes, the reader's buffer full", "all"),
            ("local SOCK_SEQPACKET, as long as there is room", "all"),
            ("local SOCK_SEQPACKET, without room", "EAGAIN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/partial-send.md",
        probe: probe!(part_without_blocking),
    },
    Claim {
        id: "SND-05",
        says: "That send succeeds means that the data were sent without an \
               error, and not that they were received.",
        posix: "send(): success does not guarantee delivery; -1 tells of \
                errors on this side only.",
        outcome: OnlyIf(
            "sent means taken by this kernel: whether it ever sends them on \
             is as open as whether they are received",
        ),
        why: "What is still in the send buffer when the connection is reset is \
              thrown away (close with SO_LINGER {1, 0}, socket(7)). What goes \
              wrong on the way is told by a later call, if at all.",
        finds: &[
            ("TCP, bytes that send took and nobody ever sent", "some"),
            ("TCP, the peer has closed: send", "success"),
            ("UDP, nobody at that port: send", "success"),
            ("UDP, the next call", "ECONNREFUSED"),
            (
                "local stream, the peer closes without reading: send",
                "success",
            ),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/send.md",
        probe: probe!(success_says_little),
    },
    Claim {
        id: "SND-06",
        says: "send fails with EBADF on a number that is no descriptor.",
        posix: "",
        outcome: Holds,
        why: "The kernel looks the number up in the process's table of open \
              files (send(2)). O_PATH gives a descriptor for a place in the \
              file system only, which is none for this purpose (open(2)).",
        finds: &[
            ("-1", "EBADF"),
            ("a number beyond the table", "EBADF"),
            ("a descriptor opened with O_PATH", "EBADF"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(send_on_no_descriptor),
    },
    Claim {
        id: "SND-07",
        says: "send fails with EINTR where a signal came before any data was \
               sent.",
        posix: "sigaction(): with SA_RESTART a function that can be \
                interrupted starts again.",
        outcome: OnlyIf(
            "the signal has a handler that was set without SA_RESTART, or the \
             socket has a time limit (SO_SNDTIMEO)",
        ),
        why: "With SA_RESTART the kernel makes the call again after the \
              handler, except on a socket with a time limit (signal(7)). A \
              signal that is ignored interrupts nothing.",
        finds: &[
            ("TCP, full", "EINTR"),
            ("local stream, full", "EINTR"),
            ("TCP, SA_RESTART", "waits"),
            ("TCP, SA_RESTART and SO_SNDTIMEO", "EINTR"),
            ("TCP, a signal that is ignored", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/interrupted.md",
        probe: probe!(interrupted_before),
    },
    Claim {
        id: "SND-08",
        says: "A signal that comes after some of the data was sent does not \
               make send fail with EINTR.",
        posix: "",
        outcome: Holds,
        why: "The call returns how many bytes it has taken, with SA_RESTART or \
              without: an error would lose that number (signal(7)). The short \
              count is the only trace of the signal.",
        finds: &[
            ("TCP, 16,000,000 bytes", "a part"),
            ("local stream, 16,000,000 bytes", "a part"),
            ("TCP, SA_RESTART", "a part"),
            ("local stream, SA_RESTART", "a part"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/interrupted.md",
        probe: probe!(interrupted_after),
    },
    Claim {
        id: "SND-09",
        says: "send fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The number is open and leads to a file of another kind \
              (send(2)). write works there.",
        finds: &[
            ("a pipe", "ENOTSOCK"),
            ("/dev/null", "ENOTSOCK"),
            ("write to the pipe", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(send_on_no_socket),
    },
    Claim {
        id: "SND-10",
        says: "send fails with EMSGSIZE where the socket's type needs the \
               message in one piece and it is too long for that.",
        posix: "",
        outcome: Holds,
        why: "A UDP datagram over IPv4 holds 65,507 bytes: 65,535 less the \
              headers of IP and UDP (RFC 768, RFC 791). A local message must \
              fit into the send buffer (unix(7)). A stream has no messages and \
              no such limit.",
        finds: &[
            ("UDP, 65,507 bytes", "success"),
            ("UDP, 65,508 bytes", "EMSGSIZE"),
            ("local SOCK_DGRAM, 16,000,000 bytes", "EMSGSIZE"),
            ("local SOCK_SEQPACKET, 16,000,000 bytes", "EMSGSIZE"),
            ("TCP, 16,000,000 bytes", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(too_long),
    },
    Claim {
        id: "SND-11",
        says: "send fails with EWOULDBLOCK where the socket is non-blocking \
               and the call would have to wait.",
        posix: "send(): EAGAIN or EWOULDBLOCK, which need not be one number.",
        outcome: Holds,
        why: "On Linux the two names are one number, and nix knows it as \
              EAGAIN (send(2)). MSG_DONTWAIT does the same for one call. UDP \
              has nothing to wait for here: the kernel drops what the reader's \
              buffer cannot hold.",
        finds: &[
            ("TCP, full, O_NONBLOCK", "EAGAIN"),
            ("TCP, full, MSG_DONTWAIT", "EAGAIN"),
            ("local stream, full, O_NONBLOCK", "EAGAIN"),
            ("EAGAIN and EWOULDBLOCK are one number", "yes"),
            ("UDP, O_NONBLOCK, 50 datagrams that nobody reads", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/nonblocking.md",
        probe: probe!(full_without_blocking),
    },
    Claim {
        id: "SND-12",
        says: "On a blocking socket send waits until it can do what was asked.",
        posix: "",
        outcome: OnlyIf(
            "the socket is a stream or a local one; UDP does not wait for its \
             reader, and the kernel drops what has no room there",
        ),
        why: "A blocking send on a stream waits until the last byte is in the \
              send buffer, not only until there is some room (send(2), \
              measured). UDP has no window that tells the sender to wait (RFC \
              768).",
        finds: &[
            ("TCP, full", "waits"),
            ("TCP, room for a part", "waits"),
            ("TCP, everything has been read", "all"),
            ("local SOCK_DGRAM, the reader's queue full", "waits"),
            (
                "UDP, 50 datagrams to a reader that does not read",
                "success",
            ),
            ("UDP, datagrams that arrive", "a part"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/send.md",
        probe: probe!(waits_until_done),
    },
    Claim {
        id: "SND-13",
        says: "send fails with ENOBUFS where the kernel lacks room for the \
               data.",
        posix: "",
        outcome: OnlyIf(
            "a datagram needs several packets and the send buffer is too small \
             for all of them, or a device has no room and IP_RECVERR is set; a \
             stream waits for room instead",
        ),
        why: "Linux waits for room for the first packet of a datagram only, \
              and gives up at one of the others, on a blocking socket, too \
              (measured). What a device has no room for is dropped without an \
              error, unless IP_RECVERR asks for errors (send(2), ip(7)).",
        finds: &[
            ("UDP, 65,507 bytes in one packet", "success"),
            ("UDP, 65,507 bytes in packets of 1,500", "ENOBUFS"),
            ("UDP, the same with a larger send buffer", "success"),
            ("TCP, the same small send buffer", "success"),
            ("UDP, the device has no room", "success"),
            ("UDP, the device has no room, IP_RECVERR", "ENOBUFS"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns", "tool:ip", "tool:tc"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(no_room_for_a_datagram),
    },
    Claim {
        id: "SND-14",
        says: "send fails with ENOTCONN on a socket that was never connected.",
        posix: "send(): EDESTADDRREQ where the socket needs no connection.",
        outcome: OnlyIf(
            "the socket is a local one; TCP says EPIPE, with SIGPIPE, and UDP \
             EDESTADDRREQ",
        ),
        why: "TCP looks at whether the socket can send, not at whether it ever \
              could; \"Linux may return EPIPE instead of ENOTCONN\" stands in \
              send(2). UDP lacks an address, not a connection.",
        finds: &[
            ("TCP", "EPIPE, SIGPIPE"),
            ("TCP, a socket that listens", "EPIPE, SIGPIPE"),
            ("local stream", "ENOTCONN, no signal"),
            ("local SOCK_DGRAM", "ENOTCONN, no signal"),
            ("local SOCK_SEQPACKET", "ENOTCONN, no signal"),
            ("UDP", "EDESTADDRREQ, no signal"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(never_connected),
    },
    Claim {
        id: "SND-15",
        says: "On a broken connection SIGPIPE comes first; send gives EPIPE \
               where that signal is ignored, blocked or handled.",
        posix: "",
        outcome: OnlyIf(
            "the socket is a stream and the call is without MSG_NOSIGNAL; \
             local SOCK_SEQPACKET gives EPIPE without a signal",
        ),
        why: "The default of SIGPIPE ends the process, so nobody is left to \
              see an errno (signal(7)). Rust's runtime ignores the signal \
              before main, and gives programs that std starts the default \
              back.",
        finds: &[
            ("its default, a shell that writes", "ended by SIGPIPE"),
            ("a handler", "EPIPE, the handler has run"),
            ("ignored", "EPIPE"),
            ("blocked", "EPIPE, SIGPIPE"),
            ("blocked, MSG_NOSIGNAL", "EPIPE, no signal"),
            ("blocked, local SOCK_SEQPACKET", "EPIPE, no signal"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux", "tool:sh"],
        page: "05-transfer/broken-pipe.md",
        probe: probe!(signal_first),
    },
    Claim {
        id: "SND-16",
        says: "send fails with EPIPE where the connection was made and is \
               broken now.",
        posix: "send(): also ECONNRESET, where the peer closed by force.",
        outcome: OnlyIf(
            "no other error of the connection is left to report: after a \
             reset, the first send on TCP says ECONNRESET",
        ),
        why: "An end of stream does not tell whether the peer still reads, so \
              TCP sends once more, and a reset answers (RFC 9293, 3.6). After \
              an end of stream the error kept is EPIPE, else it is ECONNRESET \
              (measured). A local socket knows at once.",
        finds: &[
            ("TCP, the peer has closed: the first send", "success"),
            ("TCP, the peer has closed: the second send", "EPIPE"),
            (
                "TCP, closed with bytes unread: the first send",
                "ECONNRESET",
            ),
            ("TCP, closed with bytes unread: the second send", "EPIPE"),
            ("local stream, the peer has closed", "EPIPE"),
            ("local stream, closed with bytes unread", "EPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/broken-pipe.md",
        probe: probe!(was_connected),
    },
    Claim {
        id: "SND-17",
        says: "A thread can be cancelled in send, and must see to it that what \
               it holds is freed.",
        posix: "",
        outcome: Holds,
        why: "pthread_cancel ends the thread in the call and closes no \
              descriptor (pthreads(7)). Rust has no such call: a thread that \
              returns or panics drops what it owns, and the drop of an OwnedFd \
              closes.",
        finds: &[
            ("C: the thread is cancelled in the call", "yes"),
            ("C: the descriptor is open afterwards", "yes"),
            ("Rust: the owner returns early, its peer's recv", "0 bytes"),
            ("Rust: the owner panics, its peer's recv", "0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/send.md",
        probe: probe!(ended_in_the_call),
    },
    Claim {
        id: "SND-50",
        says: "A blocking send, too, may take only a part: where a time limit \
               passes, or the connection breaks.",
        posix: "",
        outcome: Holds,
        why: "When SO_SNDTIMEO has passed, the call returns how many bytes it \
              has taken, or fails with EAGAIN if it has taken none \
              (socket(7)). A reset ends it in the same way, and the next call \
              tells why (measured).",
        finds: &[
            ("TCP, time limit, room for a part", "a part"),
            ("TCP, time limit, full", "EAGAIN"),
            ("local stream, time limit, room for a part", "a part"),
            ("local stream, time limit, full", "EAGAIN"),
            ("TCP, a reset while send waits", "a part, then ECONNRESET"),
            (
                "local stream, a close while send waits",
                "a part, then EPIPE",
            ),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/send.md",
        probe: probe!(part_in_spite_of_blocking),
    },
    Claim {
        id: "SND-51",
        says: "EPIPE and SIGPIPE come also where this side has ended its own \
               direction.",
        posix: "send(): EPIPE is for a socket shut down for writing, too; the \
                signal only for a broken connection.",
        outcome: Holds,
        why: "After shutdown with SHUT_WR nothing can follow the end of the \
              stream (shutdown(2), send(2)). A send that waits meanwhile wakes \
              and returns what it has taken, or EPIPE (measured).",
        finds: &[
            ("TCP, after shutdown: send", "EPIPE, SIGPIPE"),
            ("TCP, after shutdown: recv still gives", "answer"),
            ("local stream, after shutdown: send", "EPIPE, SIGPIPE"),
            ("TCP, full: a send that waits when shutdown comes", "EPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/endings.md",
        probe: probe!(own_shutdown),
    },
    Claim {
        id: "SND-52",
        says: "send reports what became of earlier data: ETIMEDOUT, where \
               nobody answered for too long.",
        posix: "",
        outcome: Holds,
        why: "The kernel gives up after TCP_USER_TIMEOUT, or else after \
              tcp_retries2 attempts, which takes 13 to 30 minutes (tcp(7)). \
              The next call reports it, once and without a signal (measured).",
        finds: &[
            ("the network is gone: send", "success, no signal"),
            ("after TCP_USER_TIMEOUT: send", "ETIMEDOUT, no signal"),
            ("the send after that", "EPIPE, SIGPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns", "tool:ip"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(timed_out),
    },
    Claim {
        id: "SND-53",
        says: "send on UDP may fail for an earlier datagram, and its own \
               datagram is then not sent.",
        posix: "",
        outcome: Holds,
        why: "The answer \"nobody at that port\" of the peer's kernel (ICMP, \
              RFC 1122, 4.1.3.3) leaves an error with a connected socket, and \
              the next call reports it instead of doing its work (udp(7)). \
              udp(7) says so of other sockets, too; they hear of it only with \
              IP_RECVERR (ip(7), measured).",
        finds: &[
            ("the first send", "success"),
            ("the second send", "ECONNREFUSED"),
            ("the third send", "success"),
            (
                "datagrams that arrive, the reader bound after the first",
                "1",
            ),
            (
                "a socket that is not connected: two calls of sendto",
                "success",
            ),
            ("the same with IP_RECVERR, the second call", "ECONNREFUSED"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(told_too_late),
    },
];

/// `send` and `write` side by side.
fn send_is_write(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (client, server) = scene::tcp_pair()?;
    s.does("write(client, \"hello \"), then send(client, \"hello\", 0)");
    write(&client, b"hello ")?;
    send(client.as_raw_fd(), b"hello", none)?;
    let label = "TCP, write and then send: the peer gets";
    s.finds(label, take(&server, 11)?);

    let (from, to) = scene::udp_pair()?;
    let arrived = || -> Result<String> {
        scene::until_readable(&to)?;
        let result = recv(to.as_raw_fd(), &mut [0; 8], MsgFlags::MSG_DONTWAIT);
        match result {
            Ok(0) => Ok("an empty datagram arrives".to_owned()),
            other => Ok(format!("{other:?}")),
        }
    };
    write(&from, b"")?;
    s.finds("UDP, an empty write", arrived()?);
    send(from.as_raw_fd(), b"", none)?;
    s.finds("UDP, an empty send", arrived()?);

    let signal = scene::Sigpipe::hold()?;
    let fresh = scene::tcp()?;
    s.does("SIGPIPE is blocked, so that it can be seen");
    let result = write(&fresh, b"x");
    s.finds("TCP, never connected: write", signal.with(result)?);
    let result = send(fresh.as_raw_fd(), b"x", none);
    s.finds("TCP, never connected: send", signal.with(result)?);
    Ok(())
}

/// A client whose connection the server has reset.
fn reset_by_the_peer() -> Result<OwnedFd> {
    let (client, server) = scene::tcp_pair()?;
    scene::reset(server)?;
    scene::until_reset(&client)?;
    Ok(client)
}

/// Which calls on a broken connection bring a signal along.
fn signal_with_each_call(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let signal = scene::Sigpipe::hold()?;
    let client = reset_by_the_peer()?;
    let fd = client.as_raw_fd();
    s.does("SIGPIPE is blocked, so that it can be seen; the server resets");
    let result = send(fd, b"x", none);
    s.finds("TCP, reset: the first send", signal.with(result)?);
    let result = send(fd, b"x", none);
    s.finds("TCP, reset: the second send", signal.with(result)?);
    let result = write(&client, b"x");
    s.finds("TCP, reset: write", signal.with(result)?);
    let result = send(fd, b"x", MsgFlags::MSG_NOSIGNAL);
    s.finds("TCP, reset: send with MSG_NOSIGNAL", signal.with(result)?);
    for (label, kind) in [
        ("local stream, closed: send", SockType::Stream),
        ("local SOCK_SEQPACKET, closed: send", SockType::SeqPacket),
    ] {
        let (one, other) = scene::local_pair_of(kind)?;
        s.does(format_args!(
            "the peer of descriptor {} closes; one send",
            one.as_raw_fd()
        ));
        drop(other);
        let result = send(one.as_raw_fd(), b"x", none);
        s.finds(label, signal.with(result)?);
    }
    Ok(())
}

/// Where the bytes are that `send` has counted.
fn what_the_count_counts(s: &mut Story) -> Result<()> {
    let (client, _server) = scene::small_tcp_pair()?;
    let total = scene::fill_send_buffer(&client)?;
    let left = scene::unsent(&client)?;
    s.does(format_args!(
        "send took {total} bytes; the kernel has yet to send {left} of them"
    ));
    let label = "TCP, of the bytes counted, not yet sent";
    s.finds(label, if left > 0 { "some" } else { "none" });

    let (one, other) = scene::local_pair()?;
    let total = scene::fill_send_buffer(&one)?;
    let there = scene::unread(&other)?;
    s.does(format_args!("send took {total} bytes; {there} can be read"));
    let label = "local stream, of the bytes counted, in the peer's queue";
    s.finds(label, portion(there, total));

    let (from, to) = scene::udp_pair()?;
    drop(to);
    s.does("the socket that the UDP socket is connected to is closed");
    let count = send(from.as_raw_fd(), b"hello", MsgFlags::empty())?;
    s.finds("UDP, 5 bytes to a port where nobody is", count);
    Ok(())
}

/// `all`, `a part` or `nothing`.
fn portion(count: usize, of: usize) -> &'static str {
    match count {
        0 => "nothing",
        _ if count < of => "a part",
        _ => "all",
    }
}

/// How much of a long message a call takes, or why it takes nothing.
fn taken(result: Result<usize, Errno>, of: usize) -> String {
    match result {
        Ok(count) => portion(count, of).to_owned(),
        Err(errno) => format!("{errno:?}"),
    }
}

/// More than there is room for, without waiting.
fn part_without_blocking(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let tcp = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    for (label, socket) in [
        ("TCP, 16,000,000 bytes", &tcp.0),
        ("local stream, 16,000,000 bytes", &stream.0),
    ] {
        scene::set_nonblocking(socket, true)?;
        let result = send(socket.as_raw_fd(), &vec![b'x'; MANY], none);
        s.does(format_args!("send with O_NONBLOCK gives {result:?}"));
        s.finds(label, taken(result, MANY));
    }
    let (from, to) = scene::udp_pair()?;
    scene::set_nonblocking(&from, true)?;
    setsockopt(&to, sockopt::RcvBuf, &4096).context("SO_RCVBUF")?;
    s.does("50 UDP datagrams of 1,000 bytes, and nobody reads");
    let least = (0..50).try_fold(1000, |least, _| {
        let count = send(from.as_raw_fd(), &[0; 1000], none)?;
        Ok(count.min(least))
    });
    let label = "UDP, 1,000 bytes, the reader's buffer full";
    s.finds(label, taken(least, 1000));
    let (one, _other) = scene::local_pair_of(SockType::SeqPacket)?;
    scene::set_nonblocking(&one, true)?;
    let mut counts = Vec::new();
    let end = loop {
        match send(one.as_raw_fd(), &[0; 10_000], none) {
            Ok(count) => counts.push(count),
            end => break end,
        }
    };
    s.does(format_args!(
        "SOCK_SEQPACKET takes {counts:?} and then {end:?}"
    ));
    let least = counts.iter().min().context("a count")?;
    let label = "local SOCK_SEQPACKET, as long as there is room";
    s.finds(label, taken(Ok(*least), 10_000));
    let label = "local SOCK_SEQPACKET, without room";
    s.finds(label, taken(end, 10_000));
    Ok(())
}

/// Calls that succeed, and nobody gets the data.
fn success_says_little(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (client, server) = scene::small_tcp_pair()?;
    let total = scene::fill_send_buffer(&client)?;
    let left = scene::unsent(&client)?;
    s.does(format_args!(
        "send took {total} bytes, {left} of them are not sent; now a reset"
    ));
    scene::reset(client)?;
    let mut got = 0;
    let end = loop {
        match recv(server.as_raw_fd(), &mut [0; 4096], none) {
            Ok(count) if count > 0 => got += count,
            end => break end,
        }
    };
    s.does(format_args!("the server reads {got} bytes, then {end:?}"));
    let lost = left > 0 && got < total;
    let label = "TCP, bytes that send took and nobody ever sent";
    s.finds(label, if lost { "some" } else { "none" });

    let (client, server) = scene::tcp_pair()?;
    drop(server);
    scene::until_readable(&client)?;
    let result = send(client.as_raw_fd(), b"hello", none);
    s.finds_result("TCP, the peer has closed: send", result);

    let (from, to) = scene::udp_pair()?;
    drop(to);
    let result = send(from.as_raw_fd(), b"hello", none);
    s.finds_result("UDP, nobody at that port: send", result);
    scene::until_reset(&from)?;
    let result = recv(from.as_raw_fd(), &mut [0; 8], none);
    s.finds_result("UDP, the next call", result);

    let (one, other) = scene::local_pair()?;
    let result = send(one.as_raw_fd(), b"hello", none);
    drop(other);
    let label = "local stream, the peer closes without reading: send";
    s.finds_result(label, result);
    Ok(())
}

/// Numbers that lead to no open file.
fn send_on_no_descriptor(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    s.does("send on -1");
    s.finds_result("-1", send(-1, b"x", none));
    s.does("send on 2000000000, which no process has");
    let result = send(2_000_000_000, b"x", none);
    s.finds_result("a number beyond the table", result);
    let root =
        nix::fcntl::open("/", OFlag::O_PATH, nix::sys::stat::Mode::empty())?;
    s.does(format_args!(
        "send on {}, opened with O_PATH",
        root.as_raw_fd()
    ));
    let result = send(root.as_raw_fd(), b"x", none);
    s.finds_result("a descriptor opened with O_PATH", result);
    Ok(())
}

/// A signal meets a `send` that has taken nothing yet.
fn interrupted_before(s: &mut Story) -> Result<()> {
    let tcp = scene::small_tcp_pair()?;
    let stream = scene::local_pair()?;
    scene::count_sigusr1(SaFlags::empty())?;
    for (label, socket) in
        [("TCP, full", &tcp.0), ("local stream, full", &stream.0)]
    {
        let total = scene::fill_send_buffer(socket)?;
        let call = waiting_send(socket, 1)?;
        s.does(format_args!(
            "{total} bytes fill it; one more waits; its thread gets SIGUSR1"
        ));
        call.interrupt()?;
        s.finds_result(label, call.result()?);
    }
    let (socket, label) = (&tcp.0, "TCP, SA_RESTART");
    s.does("the handler is set again, with SA_RESTART");
    scene::count_sigusr1(SaFlags::SA_RESTART)?;
    let mut restarted = waiting_send(socket, 1)?;
    restarted.interrupt()?;
    s.finds(label, restarted.state()?);
    s.does("the socket gets a time limit of an hour for send");
    let hour = TimeVal::seconds(3600);
    setsockopt(socket, sockopt::SendTimeout, &hour)?;
    let limited = waiting_send(socket, 1)?;
    limited.interrupt()?;
    s.finds_result("TCP, SA_RESTART and SO_SNDTIMEO", limited.result()?);
    s.does("SIGUSR2 is set to be ignored, and sent");
    scene::set_action(Signal::SIGUSR2, Action::Ignored, SaFlags::empty())?;
    restarted.signal(Signal::SIGUSR2)?;
    s.finds("TCP, a signal that is ignored", restarted.state()?);
    Ok(())
}

/// A blocking `send` of so many bytes, asleep in a thread of its own.
fn waiting_send(
    socket: &OwnedFd,
    length: usize,
) -> Result<Sleeper<Result<usize, Errno>>> {
    let socket = socket.try_clone()?;
    Sleeper::start(libc::SYS_sendto, move || {
        send(
            socket.as_raw_fd(),
            &vec![b'x'; length],
            MsgFlags::MSG_NOSIGNAL,
        )
    })
}

/// A signal meets a `send` that has taken a part and waits for more room.
fn interrupted_after(s: &mut Story) -> Result<()> {
    for (flags, tcp_label, local_label) in [
        (
            SaFlags::empty(),
            "TCP, 16,000,000 bytes",
            "local stream, 16,000,000 bytes",
        ),
        (
            SaFlags::SA_RESTART,
            "TCP, SA_RESTART",
            "local stream, SA_RESTART",
        ),
    ] {
        scene::count_sigusr1(flags)?;
        for (label, pair) in [
            (tcp_label, scene::small_tcp_pair()?),
            (local_label, scene::local_pair()?),
        ] {
            let call = waiting_send(&pair.0, MANY)?;
            call.interrupt()?;
            let result = call.result()?;
            s.does(format_args!("{flags:?}: send gives {result:?}"));
            s.finds(label, taken(result, MANY));
        }
    }
    Ok(())
}

/// Open files that are no sockets.
fn send_on_no_socket(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (_reader, pipe) = nix::unistd::pipe()?;
    s.does("send to a pipe");
    s.finds_result("a pipe", send(pipe.as_raw_fd(), b"x", none));
    let null = std::fs::File::options().write(true).open("/dev/null")?;
    s.does("send to /dev/null");
    s.finds_result("/dev/null", send(null.as_raw_fd(), b"x", none));
    s.finds_result("write to the pipe", write(&pipe, b"x"));
    Ok(())
}

/// The longest message, and one that is too long.
fn too_long(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (from, _to) = scene::udp_pair()?;
    setsockopt(&from, sockopt::SndBuf, &200_000).context("SO_SNDBUF")?;
    let datagrams = scene::local_pair_of(SockType::Datagram)?;
    let packets = scene::local_pair_of(SockType::SeqPacket)?;
    for (label, socket, length) in [
        ("UDP, 65,507 bytes", &from, 65_507),
        ("UDP, 65,508 bytes", &from, 65_508),
        ("local SOCK_DGRAM, 16,000,000 bytes", &datagrams.0, MANY),
        ("local SOCK_SEQPACKET, 16,000,000 bytes", &packets.0, MANY),
    ] {
        let result = send(socket.as_raw_fd(), &vec![0; length], none);
        s.does(format_args!("a message of {length} bytes: {result:?}"));
        s.finds_result(label, result);
    }
    let (client, server) = scene::tcp_pair()?;
    let call =
        Call::make(move || send(client.as_raw_fd(), &vec![0; MANY], none))?;
    take(&server, MANY)?;
    s.does("the server reads all that the TCP client sends");
    s.finds_result("TCP, 16,000,000 bytes", call.result()?);
    Ok(())
}

/// Full sockets, and calls that may not wait.
fn full_without_blocking(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (client, _server) = scene::small_tcp_pair()?;
    let total = scene::fill_send_buffer(&client)?;
    s.does(format_args!("{total} bytes fill the TCP connection"));
    let fd = client.as_raw_fd();
    let at_once = send(fd, b"x", MsgFlags::MSG_DONTWAIT);
    scene::set_nonblocking(&client, true)?;
    s.finds_result("TCP, full, O_NONBLOCK", send(fd, b"x", none));
    s.finds_result("TCP, full, MSG_DONTWAIT", at_once);
    let (one, _other) = scene::local_pair()?;
    let total = scene::fill_send_buffer(&one)?;
    scene::set_nonblocking(&one, true)?;
    s.does(format_args!("{total} bytes fill the local connection"));
    let result = send(one.as_raw_fd(), b"x", none);
    s.finds_result("local stream, full, O_NONBLOCK", result);
    s.finds(
        "EAGAIN and EWOULDBLOCK are one number",
        scene::yes_no(libc::EAGAIN == libc::EWOULDBLOCK),
    );
    let (from, to) = scene::udp_pair()?;
    scene::set_nonblocking(&from, true)?;
    setsockopt(&to, sockopt::RcvBuf, &4096).context("SO_RCVBUF")?;
    s.does("50 UDP datagrams of 1,000 bytes; the reader has room for 3");
    let label = "UDP, O_NONBLOCK, 50 datagrams that nobody reads";
    s.finds_result(label, fifty_datagrams(&from));
    Ok(())
}

/// Sends fifty datagrams of 1,000 bytes, or fails as the first that fails.
fn fifty_datagrams(socket: &OwnedFd) -> Result<(), Errno> {
    (0..50).try_for_each(|_| {
        send(socket.as_raw_fd(), &[0; 1000], MsgFlags::empty()).map(drop)
    })
}

/// What a blocking `send` waits for.
fn waits_until_done(s: &mut Story) -> Result<()> {
    let (client, server) = scene::small_tcp_pair()?;
    let total = scene::fill_send_buffer(&client)?;
    s.does(format_args!(
        "{total} bytes fill the connection; 1,000,000 more in one send"
    ));
    let mut call = waiting_send(&client, 1_000_000)?;
    s.finds("TCP, full", call.state()?);
    s.does("the server reads all that was there, and 500,000 bytes more");
    take(&server, total + 500_000)?;
    s.finds("TCP, room for a part", call.state()?);
    take(&server, 500_000)?;
    let label = "TCP, everything has been read";
    s.finds(label, taken(call.result()?, 1_000_000));

    let (one, _other) = scene::local_pair_of(SockType::Datagram)?;
    let flags = MsgFlags::MSG_DONTWAIT;
    while send(one.as_raw_fd(), b"x", flags).is_ok() {}
    let mut call = waiting_send(&one, 1)?;
    let label = "local SOCK_DGRAM, the reader's queue full";
    s.finds(label, call.state()?);

    let (from, to) = scene::udp_pair()?;
    setsockopt(&to, sockopt::RcvBuf, &4096).context("SO_RCVBUF")?;
    let label = "UDP, 50 datagrams to a reader that does not read";
    s.finds_result(label, fifty_datagrams(&from));
    scene::until_readable(&to)?;
    let mut arrived = 0;
    while recv(to.as_raw_fd(), &mut [0; 1000], flags).is_ok() {
        arrived += 1;
    }
    s.does(format_args!(
        "{arrived} datagrams are in the reader's buffer"
    ));
    s.finds("UDP, datagrams that arrive", portion(arrived, 50));
    Ok(())
}

/// One long datagram, in one packet and in many.
fn no_room_for_a_datagram(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (from, _to) = scene::udp_pair()?;
    setsockopt(&from, sockopt::SndBuf, &4096).context("SO_SNDBUF")?;
    let fd = from.as_raw_fd();
    let datagram = vec![0; 65_507];
    s.does("a UDP socket with a small send buffer, SO_SNDBUF of 4,096 bytes");
    let result = send(fd, &datagram, none);
    s.finds_result("UDP, 65,507 bytes in one packet", result);
    network::ip("link set lo mtu 1500\n")?;
    s.does("ip link set lo mtu 1500: the datagram needs 45 packets");
    let result = send(fd, &datagram, none);
    s.finds_result("UDP, 65,507 bytes in packets of 1,500", result);
    setsockopt(&from, sockopt::SndBuf, &200_000).context("SO_SNDBUF")?;
    let result = send(fd, &datagram, none);
    s.finds_result("UDP, the same with a larger send buffer", result);
    let (client, server) = scene::small_tcp_pair()?;
    let call = Call::make(move || send(client.as_raw_fd(), &datagram, none))?;
    take(&server, 65_507)?;
    s.finds_result("TCP, the same small send buffer", call.result()?);
    network::tc("qdisc add dev lo root pfifo limit 0\n")?;
    s.does("the device gets a queue that holds no packet (tc)");
    let result = send(fd, b"x", none);
    s.finds_result("UDP, the device has no room", result);
    setsockopt(&from, sockopt::Ipv4RecvErr, &true).context("IP_RECVERR")?;
    let result = send(fd, b"x", none);
    s.finds_result("UDP, the device has no room, IP_RECVERR", result);
    Ok(())
}

/// Sockets of each kind that nobody has connected.
fn never_connected(s: &mut Story) -> Result<()> {
    let signal = scene::Sigpipe::hold()?;
    let (listening, _address) = scene::listener(1)?;
    s.does("SIGPIPE is blocked, so that it can be seen; one send each");
    for (label, socket) in [
        ("TCP", scene::tcp()?),
        ("TCP, a socket that listens", listening),
        ("local stream", scene::local(SockType::Stream)?),
        ("local SOCK_DGRAM", scene::local(SockType::Datagram)?),
        ("local SOCK_SEQPACKET", scene::local(SockType::SeqPacket)?),
        ("UDP", scene::udp()?),
    ] {
        let fd = socket.as_raw_fd();
        let result = send(fd, b"x", MsgFlags::empty());
        s.does(format_args!("send({fd}, 1 byte, 0) gives {result:?}"));
        s.finds(label, signal.with(result)?);
    }
    Ok(())
}

/// What SIGPIPE may be set to do: its default, a handler, ignored, blocked.
fn signal_first(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let broken = || {
        let (one, other) = scene::local_pair()?;
        drop(other);
        Ok::<_, anyhow::Error>(one)
    };
    s.does("sh -c 'echo hello', its output a broken connection");
    let status = Command::new("sh")
        .args(["-c", "echo hello"])
        .stdout(Stdio::from(broken()?))
        .stderr(Stdio::null())
        .status()
        .context("start sh")?;
    let label = "its default, a shell that writes";
    match status.signal() {
        Some(libc::SIGPIPE) => s.finds(label, "ended by SIGPIPE"),
        _ => s.finds(label, status),
    }
    let socket = broken()?;
    let fd = socket.as_raw_fd();
    s.does("a handler for SIGPIPE that counts, and one send");
    scene::set_action(Signal::SIGPIPE, Action::Counted, SaFlags::empty())?;
    let result = send(fd, b"x", none);
    let ran = if scene::handled() == 1 {
        "has run"
    } else {
        "has not run"
    };
    s.finds(
        "a handler",
        format_args!("{}, the handler {ran}", scene::name(result)),
    );
    scene::set_action(Signal::SIGPIPE, Action::Ignored, SaFlags::empty())?;
    s.finds_result("ignored", send(fd, b"x", none));
    let signal = scene::Sigpipe::hold()?;
    s.does("the default again, and blocked; then a look at what is pending");
    s.finds("blocked", signal.with(send(fd, b"x", none))?);
    let result = send(fd, b"x", MsgFlags::MSG_NOSIGNAL);
    s.finds("blocked, MSG_NOSIGNAL", signal.with(result)?);
    let (one, other) = scene::local_pair_of(SockType::SeqPacket)?;
    drop(other);
    let result = send(one.as_raw_fd(), b"x", none);
    s.finds("blocked, local SOCK_SEQPACKET", signal.with(result)?);
    Ok(())
}

/// The ways in which a connection breaks, and what `send` says then.
fn was_connected(s: &mut Story) -> Result<()> {
    let quiet = MsgFlags::MSG_NOSIGNAL;
    let (client, server) = scene::tcp_pair()?;
    s.does("the server closes, and its end of stream arrives");
    drop(server);
    scene::until_readable(&client)?;
    let fd = client.as_raw_fd();
    let result = send(fd, b"one", quiet);
    s.finds_result("TCP, the peer has closed: the first send", result);
    s.does("the server's kernel answers with a reset");
    scene::until_reset(&client)?;
    let result = send(fd, b"two", quiet);
    s.finds_result("TCP, the peer has closed: the second send", result);
    let (client, server) = scene::tcp_pair()?;
    let fd = client.as_raw_fd();
    send(fd, b"unread", quiet)?;
    scene::until_unread(&server, 6)?;
    s.does("another server closes with bytes unread, which is a reset");
    drop(server);
    scene::until_reset(&client)?;
    let result = send(fd, b"one", quiet);
    s.finds_result("TCP, closed with bytes unread: the first send", result);
    let result = send(fd, b"two", quiet);
    s.finds_result("TCP, closed with bytes unread: the second send", result);
    let (one, other) = scene::local_pair()?;
    drop(other);
    let result = send(one.as_raw_fd(), b"one", quiet);
    s.finds_result("local stream, the peer has closed", result);
    let (one, other) = scene::local_pair()?;
    send(one.as_raw_fd(), b"unread", quiet)?;
    drop(other);
    let result = send(one.as_raw_fd(), b"one", quiet);
    s.finds_result("local stream, closed with bytes unread", result);
    Ok(())
}

/// A thread that ends while it has a descriptor.
fn ended_in_the_call(s: &mut Story) -> Result<()> {
    let (one, other) = scene::local_pair()?;
    let total = scene::fill_send_buffer(&one)?;
    s.does(format_args!(
        "{total} bytes fill it; a thread waits in send; pthread_cancel"
    ));
    let done = scene::cancel::in_send(&one)?;
    s.finds(
        "C: the thread is cancelled in the call",
        scene::yes_no(done),
    );
    // The peer would read the end of the stream behind the bytes.
    take(&other, total)?;
    let result = recv(other.as_raw_fd(), &mut [0; 8], MsgFlags::MSG_DONTWAIT);
    let open = result == Err(Errno::EAGAIN);
    s.finds("C: the descriptor is open afterwards", scene::yes_no(open));
    owner_ends(s)
}

/// A blocking `send` that ends before its work is done.
fn part_in_spite_of_blocking(s: &mut Story) -> Result<()> {
    let quiet = MsgFlags::MSG_NOSIGNAL;
    let limit = TimeVal::milliseconds(100);
    for (name, pair) in [
        ("TCP", scene::small_tcp_pair()?),
        ("local stream", scene::local_pair()?),
    ] {
        let socket = &pair.0;
        setsockopt(socket, sockopt::SendTimeout, &limit)?;
        let fd = socket.as_raw_fd();
        let result = send(fd, &vec![b'x'; MANY], quiet);
        s.does(format_args!("{name}: after 100 ms send gives {result:?}"));
        let label = format!("{name}, time limit, room for a part");
        s.finds(&label, taken(result, MANY));
        scene::fill_send_buffer(socket)?;
        let result = send(fd, b"x", quiet);
        s.finds_result(&format!("{name}, time limit, full"), result);
    }
    for (label, pair) in [
        ("TCP, a reset while send waits", scene::small_tcp_pair()?),
        (
            "local stream, a close while send waits",
            scene::local_pair()?,
        ),
    ] {
        let (socket, peer) = pair;
        let call = waiting_send(&socket, MANY)?;
        scene::reset(peer)?;
        let result = call.result()?;
        s.does(format_args!("the peer is gone, and send gives {result:?}"));
        let (part, next) =
            (taken(result, MANY), send(socket.as_raw_fd(), b"x", quiet));
        s.finds(label, format_args!("{part}, then {}", scene::name(next)));
    }
    Ok(())
}

/// Ends its own direction, and sends all the same.
fn own_shutdown(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let signal = scene::Sigpipe::hold()?;
    let (client, server) = scene::tcp_pair()?;
    s.does("SIGPIPE is blocked; shutdown(client, SHUT_WR)");
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    let result = send(client.as_raw_fd(), b"x", none);
    s.finds("TCP, after shutdown: send", signal.with(result)?);
    send(server.as_raw_fd(), b"answer", none)?;
    s.finds("TCP, after shutdown: recv still gives", take(&client, 6)?);
    let (one, _other) = scene::local_pair()?;
    shutdown(one.as_raw_fd(), Shutdown::Write)?;
    let result = send(one.as_raw_fd(), b"x", none);
    s.finds("local stream, after shutdown: send", signal.with(result)?);
    let (client, _server) = scene::small_tcp_pair()?;
    let total = scene::fill_send_buffer(&client)?;
    let call = waiting_send(&client, 1)?;
    s.does(format_args!(
        "{total} bytes fill a connection, one more waits; then shutdown"
    ));
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    let label = "TCP, full: a send that waits when shutdown comes";
    s.finds_result(label, call.result()?);
    Ok(())
}

/// The network goes away under a connection.
fn timed_out(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let signal = scene::Sigpipe::hold()?;
    let (client, _server) = scene::tcp_pair()?;
    setsockopt(&client, sockopt::TcpUserTimeout, &100)
        .context("TCP_USER_TIMEOUT")?;
    network::ip("link set lo down\n")?;
    s.does("TCP_USER_TIMEOUT is 100 ms; ip link set lo down");
    let fd = client.as_raw_fd();
    let result = send(fd, b"one", none);
    s.finds("the network is gone: send", signal.with(result)?);
    scene::until_reset(&client)?;
    s.does("the kernel has given up");
    let result = send(fd, b"two", none);
    s.finds("after TCP_USER_TIMEOUT: send", signal.with(result)?);
    let result = send(fd, b"three", none);
    s.finds("the send after that", signal.with(result)?);
    Ok(())
}

/// Three datagrams, the first to a port where nobody is yet.
fn told_too_late(s: &mut Story) -> Result<()> {
    let none = MsgFlags::empty();
    let (from, to) = scene::udp_pair()?;
    let address: SockaddrIn = getsockname(to.as_raw_fd())?;
    drop(to);
    let fd = from.as_raw_fd();
    s.finds_result("the first send", send(fd, b"one", none));
    scene::until_reset(&from)?;
    s.does(
        "the answer has arrived: nobody at that port; now a reader binds it",
    );
    let reader = scene::udp()?;
    bind(reader.as_raw_fd(), &address).context("bind")?;
    s.finds_result("the second send", send(fd, b"two", none));
    s.finds_result("the third send", send(fd, b"three", none));
    scene::until_readable(&reader)?;
    let mut arrived = 0;
    let flags = MsgFlags::MSG_DONTWAIT;
    while recv(reader.as_raw_fd(), &mut [0; 8], flags).is_ok() {
        arrived += 1;
    }
    let label = "datagrams that arrive, the reader bound after the first";
    s.finds(label, arrived);
    drop(reader);
    let free = scene::udp()?;
    let first = sendto(free.as_raw_fd(), b"one", &address, none);
    s.does("the reader has closed; sendto on a socket that is not connected");
    // When the answer to this one is there, the one before has been answered.
    send(fd, b"four", none)?;
    scene::until_reset(&from)?;
    let second = sendto(free.as_raw_fd(), b"two", &address, none);
    let label = "a socket that is not connected: two calls of sendto";
    s.finds_result(label, first.and(second));
    setsockopt(&free, sockopt::Ipv4RecvErr, &true).context("IP_RECVERR")?;
    sendto(free.as_raw_fd(), b"three", &address, none)?;
    scene::until_reset(&free)?;
    let result = sendto(free.as_raw_fd(), b"four", &address, none);
    s.finds_result("the same with IP_RECVERR, the second call", result);
    Ok(())
}
