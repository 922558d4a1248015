//! Claims about `recv`.

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::sys::signal::{SaFlags, Signal};
use nix::sys::socket::{
    MsgFlags, Shutdown, SockType, connect, getsockopt, recv, send, setsockopt,
    shutdown, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::read;

use super::transfer::{bytes, owner_ends, take, text};
use crate::Outcome::{Holds, OnlyIf};
use crate::scene::{self, Action, Call, Sleeper, State};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("recv.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "RCV-01",
        says: "recv with flags 0 does what read does.",
        posix: "",
        outcome: OnlyIf(
            "the buffer has room for a byte: with an empty one, recv waits and \
             takes an empty datagram, and read does neither",
        ),
        why: "Linux answers a read of 0 bytes on a socket with 0 before it \
              looks at the socket; recv goes to the protocol (measured). \
              recv(2) says that read leaves an empty datagram where it is; a \
              read with room for bytes takes it.",
        finds: &[
            ("TCP, recv and then read", "hello, there"),
            ("TCP, nothing there: read of 0 bytes", "0 bytes"),
            ("TCP, nothing there: recv of 0 bytes", "waits"),
            (
                "an empty datagram: read of 8 bytes",
                "0 bytes, and takes it",
            ),
            (
                "an empty datagram: read of 0 bytes",
                "0 bytes, and leaves it",
            ),
            (
                "an empty datagram: recv of 0 bytes",
                "0 bytes, and takes it",
            ),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/read-write.md",
        probe: probe!(recv_is_read),
    },
    Claim {
        id: "RCV-02",
        says: "On a non-blocking socket recv fails at once where no data are \
               there.",
        posix: "",
        outcome: OnlyIf("the stream goes on: at its end recv returns 0"),
        why: "EAGAIN says that nothing has come yet; 0 says that nothing will \
              come any more (recv(2)).",
        finds: &[
            ("TCP", "EAGAIN"),
            ("local stream", "EAGAIN"),
            ("UDP", "EAGAIN"),
            ("TCP, the peer has ended its stream", "0 bytes"),
            ("local stream, the peer has ended its stream", "0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/nonblocking.md",
        probe: probe!(nothing_there),
    },
    Claim {
        id: "RCV-03",
        says: "recv returns how many bytes it has received.",
        posix: "recv(): the length of the message; the rest of one that is too \
                long may be discarded.",
        outcome: OnlyIf(
            "the call is without MSG_TRUNC, a flag of Linux: with it the count \
             is larger than what is in the buffer",
        ),
        why: "The count says how much of the buffer was filled. What a \
              datagram has beyond that is lost without a word. With MSG_TRUNC \
              UDP tells the datagram's whole length, and TCP throws bytes away \
              and counts them (recv(2), tcp(7)).",
        finds: &[
            ("TCP, 5 bytes there, room for 64", "5"),
            ("UDP, a datagram of 10 bytes, room for 4", "4"),
            ("UDP, the other 6 bytes", "EAGAIN"),
            ("UDP, the same with MSG_TRUNC", "10"),
            ("TCP, 5 bytes there, MSG_TRUNC", "5"),
            ("TCP, bytes that MSG_TRUNC put into the buffer", "0"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/recv.md",
        probe: probe!(what_the_count_counts),
    },
    Claim {
        id: "RCV-04",
        says: "recv fails with EBADF on a number that is no descriptor.",
        posix: "",
        outcome: Holds,
        why: "The kernel looks the number up in the process's table of open \
              files (recv(2)). O_PATH gives a descriptor for a place in the \
              file system only, which is none for this purpose (open(2)).",
        finds: &[
            ("-1", "EBADF"),
            ("a number beyond the table", "EBADF"),
            ("a descriptor opened with O_PATH", "EBADF"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(recv_on_no_descriptor),
    },
    Claim {
        id: "RCV-05",
        says: "recv fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The number is open and leads to a file of another kind \
              (recv(2)). read works there.",
        finds: &[
            ("a pipe", "ENOTSOCK"),
            ("a regular file", "ENOTSOCK"),
            ("read from the pipe", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(recv_on_no_socket),
    },
    Claim {
        id: "RCV-06",
        says: "recv fails with EWOULDBLOCK where the socket is non-blocking \
               and the call would have to wait.",
        posix: "recv(): EAGAIN or EWOULDBLOCK, which need not be one number.",
        outcome: Holds,
        why: "On Linux the two names are one number, and nix knows it as \
              EAGAIN. MSG_DONTWAIT asks the same of one call (recv(2)); \
              MSG_WAITALL does not make a non-blocking socket wait (measured).",
        finds: &[
            ("TCP, O_NONBLOCK", "EAGAIN"),
            ("TCP, MSG_DONTWAIT on a blocking socket", "EAGAIN"),
            ("TCP, O_NONBLOCK and MSG_WAITALL", "EAGAIN"),
            ("TCP, the same, 3 bytes of 8 there", "3 bytes"),
            ("EAGAIN and EWOULDBLOCK are one number", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/nonblocking.md",
        probe: probe!(would_have_to_wait),
    },
    Claim {
        id: "RCV-07",
        says: "On a blocking socket recv waits until there is something to \
               read.",
        posix: "",
        outcome: OnlyIf(
            "the stream goes on and SO_RCVLOWAT is 1, its default: the end of \
             the stream ends the wait with 0, and one byte may be too few",
        ),
        why: "One byte is enough, however large the buffer is (recv(2)). \
              SO_RCVLOWAT sets how many are (socket(7)). UDP waits even where \
              nobody can send to it, for it has no port yet.",
        finds: &[
            ("TCP, nothing there", "waits"),
            ("TCP, one byte comes, room for 64", "1 byte"),
            ("TCP, the peer ends its stream", "0 bytes"),
            ("TCP, SO_RCVLOWAT of 5, one byte there", "waits"),
            ("local stream, nothing there", "waits"),
            ("UDP, never bound", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/recv.md",
        probe: probe!(waits_for_input),
    },
    Claim {
        id: "RCV-08",
        says: "recv fails with EINTR where a signal came before any data was \
               read.",
        posix: "sigaction(): with SA_RESTART a function that can be \
                interrupted starts again.",
        outcome: OnlyIf(
            "the signal has a handler that was set without SA_RESTART, or the \
             socket has a time limit (SO_RCVTIMEO)",
        ),
        why: "With SA_RESTART the kernel makes the call again after the \
              handler, except on a socket with a time limit (signal(7)). A \
              signal that is ignored interrupts nothing.",
        finds: &[
            ("TCP", "EINTR"),
            ("local stream", "EINTR"),
            ("UDP", "EINTR"),
            ("TCP, SA_RESTART", "waits"),
            ("TCP, SA_RESTART and SO_RCVTIMEO", "EINTR"),
            ("TCP, a signal that is ignored", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/interrupted.md",
        probe: probe!(interrupted_before),
    },
    Claim {
        id: "RCV-09",
        says: "A signal that comes after some data was read does not make recv \
               fail with EINTR.",
        posix: "",
        outcome: Holds,
        why: "recv with MSG_WAITALL has taken three bytes and waits for more: \
              it returns the three, with SA_RESTART or without (signal(7), \
              recv(2)). Without that flag recv never waits once it has a byte.",
        finds: &[
            ("TCP, 3 of 8 bytes", "3 bytes"),
            ("local stream, 3 of 8 bytes", "3 bytes"),
            ("TCP, SA_RESTART", "3 bytes"),
            ("local stream, SA_RESTART", "3 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/interrupted.md",
        probe: probe!(interrupted_after),
    },
    Claim {
        id: "RCV-10",
        says: "recv fails with ENOTCONN on a socket that was never connected.",
        posix: "recv(): ENOTCONN for every connection-mode socket.",
        outcome: OnlyIf(
            "the socket is TCP or SOCK_SEQPACKET; a local stream says EINVAL, \
             and a datagram socket waits",
        ),
        why: "unix(7) has EINVAL for a socket in a state that does not fit, \
              and a local stream says it to a recv in any state but connected \
              (measured). A datagram socket needs no peer to receive.",
        finds: &[
            ("TCP", "ENOTCONN"),
            ("TCP, a socket that listens", "ENOTCONN"),
            ("TCP, its connect was refused", "ENOTCONN"),
            ("local SOCK_SEQPACKET", "ENOTCONN"),
            ("local stream", "EINVAL"),
            ("local stream, a socket that listens", "EINVAL"),
            ("local SOCK_DGRAM", "waits"),
            ("UDP", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(never_connected),
    },
    Claim {
        id: "RCV-11",
        says: "A thread can be cancelled in recv, and must see to it that what \
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
        page: "05-transfer/recv.md",
        probe: probe!(ended_in_the_call),
    },
    Claim {
        id: "RCV-50",
        says: "At the end of a stream recv returns 0: after all that was sent \
               before, and again each time.",
        posix: "recv(): returns 0 where no message is there and the peer has \
                shut down in good order.",
        outcome: Holds,
        why: "The end of the stream travels behind the data and stays \
              (recv(2), RFC 9293, 3.6). After shutdown with SHUT_RD on this \
              side recv gives 0 as well, and on TCP what arrives later is \
              read all the same (measured).",
        finds: &[
            ("TCP, sent before the close", "hello"),
            ("TCP, then", "0 bytes"),
            ("TCP, and again", "0 bytes"),
            ("local stream, the same three calls", "hello, 0 and 0 bytes"),
            ("TCP, after an own SHUT_RD", "0 bytes"),
            ("TCP, then the peer sends", "late"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/recv.md",
        probe: probe!(end_of_stream),
    },
    Claim {
        id: "RCV-51",
        says: "After a reset recv fails with ECONNRESET once, and then \
               returns 0 as at the end of a stream.",
        posix: "recv(): ECONNRESET where the peer closed by force.",
        outcome: Holds,
        why: "The error stays with the socket until one call takes it: a \
              recv, a send, or getsockopt with SO_ERROR. What arrived before \
              the reset can still be read (measured), though RFC 9293, \
              3.10.7.4 has a kernel throw it away.",
        finds: &[
            ("TCP, had arrived before the reset", "hello"),
            ("TCP, then", "ECONNRESET"),
            ("TCP, and again", "0 bytes"),
            ("TCP, a send has taken the error: recv", "0 bytes"),
            ("TCP, SO_ERROR has taken the error: recv", "0 bytes"),
            (
                "local stream, the peer closed with bytes unread",
                "ECONNRESET",
            ),
            ("local stream, again", "0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/endings.md",
        probe: probe!(after_a_reset),
    },
    Claim {
        id: "RCV-52",
        says: "recv returns 0 for an empty message, too, where the socket \
               keeps messages.",
        posix: "",
        outcome: Holds,
        why: "A datagram may be empty (RFC 768, recv(2)). On SOCK_SEQPACKET an \
              empty message and the end of the connection give the same 0.",
        finds: &[
            ("UDP, an empty datagram", "0 bytes"),
            ("UDP, the datagram after it", "hello"),
            ("local SOCK_SEQPACKET, an empty message", "0 bytes"),
            ("local SOCK_SEQPACKET, the message after it", "hello"),
            ("local SOCK_SEQPACKET, the peer has closed", "0 bytes"),
            ("TCP, an empty send and then hello", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/recv.md",
        probe: probe!(empty_messages),
    },
    Claim {
        id: "RCV-53",
        says: "recv on a blocking socket fails with EWOULDBLOCK, too, where \
               its time limit passes.",
        posix: "",
        outcome: Holds,
        why: "When SO_RCVTIMEO has passed, recv fails with EAGAIN; with \
              MSG_WAITALL it returns what it has, if it has a byte \
              (socket(7)).",
        finds: &[
            ("TCP", "EAGAIN"),
            ("TCP, MSG_WAITALL, 3 bytes of 8", "3 bytes"),
            ("local stream", "EAGAIN"),
            ("UDP", "EAGAIN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/transfer-errors.md",
        probe: probe!(time_limit),
    },
];

const NONE: MsgFlags = MsgFlags::empty();

/// A blocking `recv` of up to so many bytes, in a thread of its own.
fn in_a_thread(
    socket: &OwnedFd,
    length: usize,
    flags: MsgFlags,
) -> Result<Call<Result<usize, Errno>>> {
    let socket = socket.try_clone()?;
    Call::make(move || recv(socket.as_raw_fd(), &mut vec![0; length], flags))
}

/// `waits`, or what the call gave back.
fn outcome(mut call: Call<Result<usize, Errno>>) -> Result<String> {
    Ok(match call.state(libc::SYS_recvfrom)? {
        State::Waits => "waits".to_owned(),
        State::Returned => bytes(call.result()?),
    })
}

/// The same calls by `recv` and by `read`.
fn recv_is_read(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    send(client.as_raw_fd(), b"hellothere", NONE)?;
    scene::until_unread(&server, 10)?;
    let (mut one, mut other) = ([0; 5], [0; 5]);
    recv(server.as_raw_fd(), &mut one, NONE)?;
    read(&server, &mut other)?;
    s.does(
        "the client sends \"hellothere\"; the server takes five bytes twice",
    );
    let (one, other) = (
        String::from_utf8_lossy(&one),
        String::from_utf8_lossy(&other),
    );
    s.finds("TCP, recv and then read", format_args!("{one}, {other}"));
    let result = read(&server, &mut []);
    s.finds("TCP, nothing there: read of 0 bytes", bytes(result));
    let call = in_a_thread(&server, 0, NONE)?;
    s.finds("TCP, nothing there: recv of 0 bytes", outcome(call)?);

    let (from, to) = scene::udp_pair()?;
    // What is there afterwards is taken, for the next one.
    let left =
        || match recv(to.as_raw_fd(), &mut [0; 8], MsgFlags::MSG_DONTWAIT) {
            Ok(_) => "leaves it",
            Err(_) => "takes it",
        };
    s.does("an empty UDP datagram, three times");
    for size in [8, 0] {
        send(from.as_raw_fd(), b"", NONE)?;
        scene::until_readable(&to)?;
        let result = read(&to, &mut vec![0; size]);
        s.finds(
            &format!("an empty datagram: read of {size} bytes"),
            format_args!("{}, and {}", bytes(result), left()),
        );
    }
    send(from.as_raw_fd(), b"", NONE)?;
    let result = recv(to.as_raw_fd(), &mut [], NONE);
    s.finds(
        "an empty datagram: recv of 0 bytes",
        format_args!("{}, and {}", bytes(result), left()),
    );
    Ok(())
}

/// Non-blocking sockets without data, and with an end.
fn nothing_there(s: &mut Story) -> Result<()> {
    let tcp = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    let datagrams = scene::udp_pair()?;
    for (label, socket) in [
        ("TCP", &tcp.0),
        ("local stream", &stream.0),
        ("UDP", &datagrams.1),
    ] {
        scene::set_nonblocking(socket, true)?;
        s.does(format_args!("recv with O_NONBLOCK, {label}, nothing sent"));
        let result = recv(socket.as_raw_fd(), &mut [0; 8], NONE);
        s.finds(label, bytes(result));
    }
    drop((tcp.1, stream.1));
    s.does("both peers close");
    scene::until_readable(&tcp.0)?;
    for (label, socket) in [
        ("TCP, the peer has ended its stream", tcp.0),
        ("local stream, the peer has ended its stream", stream.0),
    ] {
        let result = recv(socket.as_raw_fd(), &mut [0; 8], NONE);
        s.finds(label, bytes(result));
    }
    Ok(())
}

/// Counts, and what is in the buffer.
fn what_the_count_counts(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let truncate = MsgFlags::MSG_TRUNC;
    s.does("five bytes by TCP, a buffer of 64");
    send(client.as_raw_fd(), b"hello", NONE)?;
    scene::until_unread(&server, 5)?;
    let count = recv(server.as_raw_fd(), &mut [0; 64], NONE)?;
    s.finds("TCP, 5 bytes there, room for 64", count);

    let (from, to) = scene::udp_pair()?;
    s.does("a UDP datagram of 10 bytes, a buffer of 4");
    send(from.as_raw_fd(), b"0123456789", NONE)?;
    let count = recv(to.as_raw_fd(), &mut [0; 4], NONE)?;
    s.finds("UDP, a datagram of 10 bytes, room for 4", count);
    let result = recv(to.as_raw_fd(), &mut [0; 8], MsgFlags::MSG_DONTWAIT);
    s.finds("UDP, the other 6 bytes", bytes(result));
    s.does("another datagram of 10 bytes, and recv with MSG_TRUNC");
    send(from.as_raw_fd(), b"0123456789", NONE)?;
    let count = recv(to.as_raw_fd(), &mut [0; 4], truncate)?;
    s.finds("UDP, the same with MSG_TRUNC", count);

    s.does("five bytes by TCP, and recv with MSG_TRUNC");
    send(client.as_raw_fd(), b"hello", NONE)?;
    scene::until_unread(&server, 5)?;
    let mut buffer = [0; 64];
    let count = recv(server.as_raw_fd(), &mut buffer, truncate)?;
    s.finds("TCP, 5 bytes there, MSG_TRUNC", count);
    let written = buffer.iter().filter(|byte| **byte != 0).count();
    let label = "TCP, bytes that MSG_TRUNC put into the buffer";
    s.finds(label, written);
    Ok(())
}

/// Numbers that lead to no open file.
fn recv_on_no_descriptor(s: &mut Story) -> Result<()> {
    s.does("recv on -1");
    s.finds_result("-1", recv(-1, &mut [0; 8], NONE));
    s.does("recv on 2000000000, which no process has");
    let result = recv(2_000_000_000, &mut [0; 8], NONE);
    s.finds_result("a number beyond the table", result);
    let mode = nix::sys::stat::Mode::empty();
    let root = nix::fcntl::open("/", OFlag::O_PATH, mode)?;
    let fd = root.as_raw_fd();
    s.does(format_args!("recv on {fd}, opened with O_PATH"));
    let result = recv(fd, &mut [0; 8], NONE);
    s.finds_result("a descriptor opened with O_PATH", result);
    Ok(())
}

/// Open files that are no sockets.
fn recv_on_no_socket(s: &mut Story) -> Result<()> {
    let (pipe, writer) = nix::unistd::pipe()?;
    nix::unistd::write(&writer, b"x")?;
    s.does("recv from a pipe with a byte in it");
    let result = recv(pipe.as_raw_fd(), &mut [0; 8], NONE);
    s.finds_result("a pipe", result);
    let file = std::fs::File::open("/proc/self/exe")?;
    s.does("recv from a regular file");
    let result = recv(file.as_raw_fd(), &mut [0; 8], NONE);
    s.finds_result("a regular file", result);
    s.finds_result("read from the pipe", read(&pipe, &mut [0; 8]));
    Ok(())
}

/// The ways to say that a call may not wait.
fn would_have_to_wait(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let fd = server.as_raw_fd();
    let once = recv(fd, &mut [0; 8], MsgFlags::MSG_DONTWAIT);
    scene::set_nonblocking(&server, true)?;
    s.does("nothing was sent; the server's socket gets O_NONBLOCK");
    s.finds_result("TCP, O_NONBLOCK", recv(fd, &mut [0; 8], NONE));
    s.finds_result("TCP, MSG_DONTWAIT on a blocking socket", once);
    let all = MsgFlags::MSG_WAITALL;
    let result = recv(fd, &mut [0; 8], all);
    s.finds_result("TCP, O_NONBLOCK and MSG_WAITALL", result);
    s.does("the client sends three bytes");
    send(client.as_raw_fd(), b"hel", NONE)?;
    scene::until_unread(&server, 3)?;
    let result = recv(fd, &mut [0; 8], all);
    s.finds("TCP, the same, 3 bytes of 8 there", bytes(result));
    s.finds(
        "EAGAIN and EWOULDBLOCK are one number",
        scene::yes_no(libc::EAGAIN == libc::EWOULDBLOCK),
    );
    Ok(())
}

/// What a blocking `recv` waits for.
fn waits_for_input(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let mut call = in_a_thread(&server, 64, NONE)?;
    s.finds("TCP, nothing there", call.state(libc::SYS_recvfrom)?);
    s.does("the client sends one byte");
    send(client.as_raw_fd(), b"x", NONE)?;
    s.finds("TCP, one byte comes, room for 64", bytes(call.result()?));
    let call = in_a_thread(&server, 64, NONE)?;
    s.does("the client ends its stream");
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    s.finds("TCP, the peer ends its stream", bytes(call.result()?));

    let (client, server) = scene::tcp_pair()?;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_RCVLOWAT);
    scene::set_number(&server, level, option, 5).context("SO_RCVLOWAT")?;
    send(client.as_raw_fd(), b"x", NONE)?;
    scene::until_unread(&server, 1)?;
    let label = "TCP, SO_RCVLOWAT of 5, one byte there";
    s.finds(label, outcome(in_a_thread(&server, 64, NONE)?)?);
    let (one, _other) = scene::local_pair()?;
    let label = "local stream, nothing there";
    s.finds(label, outcome(in_a_thread(&one, 64, NONE)?)?);
    let call = in_a_thread(&scene::udp()?, 64, NONE)?;
    s.finds("UDP, never bound", outcome(call)?);
    Ok(())
}

/// A `recv` of up to 8 bytes that sleeps in a thread of its own.
fn waiting_recv(
    socket: &OwnedFd,
    flags: MsgFlags,
) -> Result<Sleeper<Result<usize, Errno>>> {
    let socket = socket.try_clone()?;
    Sleeper::start(libc::SYS_recvfrom, move || {
        recv(socket.as_raw_fd(), &mut [0; 8], flags)
    })
}

/// A signal meets a `recv` that has nothing yet.
fn interrupted_before(s: &mut Story) -> Result<()> {
    let tcp = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    let datagrams = scene::udp_pair()?;
    scene::count_sigusr1(SaFlags::empty())?;
    for (label, socket) in [
        ("TCP", &tcp.0),
        ("local stream", &stream.0),
        ("UDP", &datagrams.1),
    ] {
        let call = waiting_recv(socket, NONE)?;
        s.does("recv waits; its thread gets SIGUSR1");
        call.interrupt()?;
        s.finds(label, bytes(call.result()?));
    }
    let socket = &tcp.0;
    s.does("the handler is set again, with SA_RESTART");
    scene::count_sigusr1(SaFlags::SA_RESTART)?;
    let mut restarted = waiting_recv(socket, NONE)?;
    restarted.interrupt()?;
    s.finds("TCP, SA_RESTART", restarted.state()?);
    s.does("the socket gets a time limit of an hour for recv");
    let hour = TimeVal::seconds(3600);
    setsockopt(socket, sockopt::ReceiveTimeout, &hour)?;
    let limited = waiting_recv(socket, NONE)?;
    limited.interrupt()?;
    let label = "TCP, SA_RESTART and SO_RCVTIMEO";
    s.finds(label, bytes(limited.result()?));
    s.does("SIGUSR2 is set to be ignored, and sent");
    scene::set_action(Signal::SIGUSR2, Action::Ignored, SaFlags::empty())?;
    restarted.signal(Signal::SIGUSR2)?;
    s.finds("TCP, a signal that is ignored", restarted.state()?);
    Ok(())
}

/// A signal meets a `recv` that has three bytes and waits for more.
fn interrupted_after(s: &mut Story) -> Result<()> {
    for (flags, tcp_label, local_label) in [
        (
            SaFlags::empty(),
            "TCP, 3 of 8 bytes",
            "local stream, 3 of 8 bytes",
        ),
        (
            SaFlags::SA_RESTART,
            "TCP, SA_RESTART",
            "local stream, SA_RESTART",
        ),
    ] {
        scene::count_sigusr1(flags)?;
        for (label, pair) in [
            (tcp_label, scene::tcp_pair()?),
            (local_label, scene::local_pair()?),
        ] {
            let (one, other) = pair;
            send(one.as_raw_fd(), b"hel", NONE)?;
            scene::until_unread(&other, 3)?;
            let call = waiting_recv(&other, MsgFlags::MSG_WAITALL)?;
            let left = scene::unread(&other)?;
            s.does(format_args!(
                "recv with MSG_WAITALL waits, {left} bytes are left; a signal"
            ));
            call.interrupt()?;
            s.finds(label, bytes(call.result()?));
        }
    }
    Ok(())
}

/// Sockets of each kind that nobody has connected.
fn never_connected(s: &mut Story) -> Result<()> {
    let (listening, _address) = scene::listener(1)?;
    let refused = scene::tcp()?;
    let (_holder, nobody) = scene::nobody()?;
    let result = connect(refused.as_raw_fd(), &nobody);
    s.does(format_args!(
        "connect to {nobody}, where nobody is: {result:?}"
    ));
    let (listening_stream, _name) = scene::local_listener(1)?;
    for (label, socket) in [
        ("TCP", scene::tcp()?),
        ("TCP, a socket that listens", listening),
        ("TCP, its connect was refused", refused),
        ("local SOCK_SEQPACKET", scene::local(SockType::SeqPacket)?),
        ("local stream", scene::local(SockType::Stream)?),
        ("local stream, a socket that listens", listening_stream),
        ("local SOCK_DGRAM", scene::local(SockType::Datagram)?),
        ("UDP", scene::udp()?),
    ] {
        s.does(format_args!("recv({}, 8 bytes, 0)", socket.as_raw_fd()));
        s.finds(label, outcome(in_a_thread(&socket, 8, NONE)?)?);
    }
    Ok(())
}

/// A thread that ends while it has a descriptor.
fn ended_in_the_call(s: &mut Story) -> Result<()> {
    let (one, other) = scene::tcp_pair()?;
    s.does("a thread waits in recv; pthread_cancel, pthread_join");
    let done = scene::cancel::in_recv(&other)?;
    s.finds(
        "C: the thread is cancelled in the call",
        scene::yes_no(done),
    );
    let open = nix::fcntl::fcntl(&other, nix::fcntl::FcntlArg::F_GETFD).is_ok()
        && send(one.as_raw_fd(), b"x", NONE).is_ok()
        && take(&other, 1)? == "x";
    s.finds("C: the descriptor is open afterwards", scene::yes_no(open));
    owner_ends(s)
}

/// The last bytes, and what comes behind them.
fn end_of_stream(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    s.does("the client sends \"hello\" and closes");
    send(client.as_raw_fd(), b"hello", NONE)?;
    drop(client);
    s.finds("TCP, sent before the close", take(&server, 5)?);
    s.finds("TCP, then", text(&server, 64, NONE));
    s.finds("TCP, and again", text(&server, 64, NONE));
    let (one, other) = scene::local_pair()?;
    send(one.as_raw_fd(), b"hello", NONE)?;
    drop(one);
    let first = text(&other, 64, NONE);
    let count = || recv(other.as_raw_fd(), &mut [0; 8], NONE);
    let (second, third) = (count()?, count()?);
    s.finds(
        "local stream, the same three calls",
        format_args!("{first}, {second} and {third} bytes"),
    );
    let (client, server) = scene::tcp_pair()?;
    s.does("another connection: shutdown(server, SHUT_RD)");
    shutdown(server.as_raw_fd(), Shutdown::Read)?;
    s.finds("TCP, after an own SHUT_RD", text(&server, 64, NONE));
    s.does("now the client sends");
    send(client.as_raw_fd(), b"late", NONE)?;
    scene::until_unread(&server, 4)?;
    s.finds("TCP, then the peer sends", text(&server, 64, NONE));
    Ok(())
}

/// Bytes, then a reset.
fn after_a_reset(s: &mut Story) -> Result<()> {
    let reset = || {
        let (client, server) = scene::tcp_pair()?;
        send(client.as_raw_fd(), b"hello", NONE)?;
        scene::until_unread(&server, 5)?;
        scene::reset(client)?;
        scene::until_reset(&server)?;
        Ok::<_, anyhow::Error>(server)
    };
    s.does("the client sends \"hello\" and resets; both have arrived");
    let server = reset()?;
    s.finds("TCP, had arrived before the reset", text(&server, 64, NONE));
    s.finds("TCP, then", text(&server, 64, NONE));
    s.finds("TCP, and again", text(&server, 64, NONE));
    let server = reset()?;
    let result = send(server.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL);
    s.does(format_args!("the same again, and send gives {result:?}"));
    text(&server, 64, NONE);
    s.finds(
        "TCP, a send has taken the error: recv",
        text(&server, 64, NONE),
    );
    let server = reset()?;
    let error = getsockopt(&server, sockopt::SocketError)?;
    s.does(format_args!("again, and SO_ERROR gives errno {error}"));
    text(&server, 64, NONE);
    let label = "TCP, SO_ERROR has taken the error: recv";
    s.finds(label, text(&server, 64, NONE));
    let (one, other) = scene::local_pair()?;
    send(one.as_raw_fd(), b"unread", NONE)?;
    drop(other);
    let label = "local stream, the peer closed with bytes unread";
    s.finds(label, text(&one, 64, NONE));
    s.finds("local stream, again", text(&one, 64, NONE));
    Ok(())
}

/// Messages without a byte.
fn empty_messages(s: &mut Story) -> Result<()> {
    let (from, to) = scene::udp_pair()?;
    s.does("an empty message and \"hello\", by UDP");
    for part in ["", "hello"] {
        send(from.as_raw_fd(), part.as_bytes(), NONE)?;
    }
    s.finds("UDP, an empty datagram", text(&to, 64, NONE));
    s.finds("UDP, the datagram after it", text(&to, 64, NONE));
    let (one, other) = scene::local_pair_of(SockType::SeqPacket)?;
    s.does("the same by SOCK_SEQPACKET, and then the sender closes");
    for part in ["", "hello"] {
        send(one.as_raw_fd(), part.as_bytes(), NONE)?;
    }
    drop(one);
    let label = "local SOCK_SEQPACKET, an empty message";
    s.finds(label, text(&other, 64, NONE));
    let label = "local SOCK_SEQPACKET, the message after it";
    s.finds(label, text(&other, 64, NONE));
    let label = "local SOCK_SEQPACKET, the peer has closed";
    s.finds(label, text(&other, 64, NONE));
    let (client, server) = scene::tcp_pair()?;
    s.does("the same two calls of send by TCP");
    for part in ["", "hello"] {
        send(client.as_raw_fd(), part.as_bytes(), NONE)?;
    }
    s.finds("TCP, an empty send and then hello", text(&server, 64, NONE));
    Ok(())
}

/// A blocking `recv` on a socket with a time limit.
fn time_limit(s: &mut Story) -> Result<()> {
    let limit = TimeVal::milliseconds(100);
    let (client, server) = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    let datagrams = scene::udp_pair()?;
    for socket in [&server, &stream.0, &datagrams.1] {
        setsockopt(socket, sockopt::ReceiveTimeout, &limit)?;
    }
    s.does("SO_RCVTIMEO is 100 ms on each socket, and nobody sends");
    let receive = |socket: &OwnedFd, flags| {
        bytes(recv(socket.as_raw_fd(), &mut [0; 8], flags))
    };
    s.finds("TCP", receive(&server, NONE));
    s.does("three bytes are sent by TCP, and recv asks for all of eight");
    send(client.as_raw_fd(), b"hel", NONE)?;
    scene::until_unread(&server, 3)?;
    let label = "TCP, MSG_WAITALL, 3 bytes of 8";
    s.finds(label, receive(&server, MsgFlags::MSG_WAITALL));
    s.finds("local stream", receive(&stream.0, NONE));
    s.finds("UDP", receive(&datagrams.1, NONE));
    Ok(())
}
