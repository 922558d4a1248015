//! Claims about `connect`.

use std::fs;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::libc;
use nix::sys::select::{FdSet, select};
use nix::sys::signal::SaFlags;
use nix::sys::socket::{
    Backlog, MsgFlags, Shutdown, SockType, SockaddrIn, SockaddrIn6,
    SockaddrLike, UnixAddr, bind, connect, getpeername, getsockname,
    getsockopt, listen, recv, send, setsockopt, shutdown, sockopt,
};
use nix::sys::stat::Mode;
use nix::sys::time::{TimeVal, TimeValLike};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Call, Sleeper};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("connect.rs");

const SEEN: &[&str] = &["Linux 6.18"];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "CON-01",
        says: "connect gives back 0, or -1 and an errno that says why.",
        posix: "",
        outcome: Holds,
        why: "The system call gives a negative errno, and the C library turns \
              it into -1 and errno (intro(2)). nix makes `Ok` and `Err` of \
              the two.",
        finds: &[
            ("a server listens", "0"),
            ("nobody listens", "-1 ECONNREFUSED"),
            ("not finished, without waiting", "-1 EINPROGRESS"),
        ],
        seen: SEEN,
        needs: &[],
        page: "01-connect/connect.md",
        probe: probe!(what_connect_gives_back),
    },
    Claim {
        id: "CON-02",
        says: "An address and its length say whom to connect to.",
        posix: "",
        outcome: Holds,
        why: "For IPv4 the length must reach over the 16 bytes of the \
              structure, and what follows them is not looked at. For an \
              abstract local name each byte within the length is part of the \
              name (unix(7)).",
        finds: &[
            ("IPv4, 15 bytes", "EINVAL"),
            ("IPv4, 16 bytes", "success"),
            ("IPv4, 128 bytes", "success"),
            ("IPv4, 129 bytes", "EINVAL"),
            ("local, one byte too many", "ECONNREFUSED"),
            ("local, the exact length", "success"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "00-first-contact/address.md",
        probe: probe!(the_length_counts),
    },
    Claim {
        id: "CON-03",
        says: "The socket at the target has to be a server's already.",
        posix: "",
        outcome: OnlyIf(
            "the connection is a stream's, and the target does not connect \
             back at the same time",
        ),
        why: "It takes listen, and no accept. A TCP socket that connects to \
              its own port meets its own SYN, which RFC 9293, 3.5 calls a \
              simultaneous open. UDP keeps the address and asks nobody \
              (connect(2)).",
        finds: &[
            ("TCP, bound", "ECONNREFUSED"),
            ("TCP, listening, no accept", "success"),
            ("local, bound", "ECONNREFUSED"),
            ("local, listening, no accept", "success"),
            ("TCP, to its own port", "success"),
            ("UDP, nobody there", "success"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect.md",
        probe: probe!(what_makes_a_target),
    },
    Claim {
        id: "CON-04",
        says: "connect returns when the server has responded.",
        posix: "connect(): it waits until the connection is made, for a time \
                that is not specified.",
        outcome: OnlyIf(
            "the server is its kernel and the socket no UDP one: the server's \
             program may sleep, and UDP waits for nobody",
        ),
        why: "The kernel there makes the connection and queues it for accept \
              (listen(2)). Where the queue is full it drops the SYN, and TCP \
              waits and asks again; a local client sleeps until there is \
              room.",
        finds: &[
            ("TCP, nobody calls accept", "success"),
            ("TCP, the queue is full", "waits"),
            ("TCP, after one accept", "success"),
            ("local, nobody calls accept", "success"),
            ("local, the queue is full", "waits"),
            ("local, after one accept", "success"),
            ("UDP, nobody there", "success"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect.md",
        probe: probe!(whom_connect_waits_for),
    },
    Claim {
        id: "CON-05",
        says: "On a non-blocking socket, connect does not wait.",
        posix: "",
        outcome: Holds,
        why: "TCP goes on with the attempt by itself. A local socket has \
              nothing to go on with: EAGAIN means that no attempt was begun \
              (connect(2)).",
        finds: &[
            ("TCP, a server listens", "EINPROGRESS"),
            ("TCP, the queue is full", "EINPROGRESS"),
            ("local, a server listens", "success"),
            ("local, the queue is full", "EAGAIN"),
            ("UDP", "success"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "07-many-at-once/connect-nonblocking.md",
        probe: probe!(connect_without_waiting),
    },
    Claim {
        id: "CON-06",
        says: "connect fails with EBADF where the number is no descriptor.",
        posix: "",
        outcome: Holds,
        why: "The kernel finds nothing under that number in the process's \
              table. A descriptor opened with O_PATH is there only to name a \
              file, and counts as none (open(2)).",
        finds: &[
            ("a closed descriptor", "EBADF"),
            ("-1", "EBADF"),
            ("opened with O_PATH", "EBADF"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "00-first-contact/descriptor.md",
        probe: probe!(connect_on_no_descriptor),
    },
    Claim {
        id: "CON-07",
        says: "connect fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The kernel looks the descriptor up in the process's table and \
              finds an open file of another kind (connect(2)).",
        finds: &[
            ("a pipe", "ENOTSOCK"),
            ("a regular file", "ENOTSOCK"),
            ("a folder", "ENOTSOCK"),
        ],
        seen: SEEN,
        needs: &[],
        page: "00-first-contact/descriptor.md",
        probe: probe!(connect_on_no_socket),
    },
    Claim {
        id: "CON-08",
        says: "connect fails with EADDRNOTAVAIL where the remote machine does \
               not have the address.",
        posix: "connect(): the address is not available from the local \
                machine.",
        outcome: Differs(
            "A machine that lacks the address says nothing of it: \
             EADDRNOTAVAIL is about the client's own address and port.",
        ),
        why: "A host drops a packet that is for another address (RFC 1122, \
              3.2.1.3), so the attempt ends for want of an answer, or of an \
              Ethernet address to send to. EADDRNOTAVAIL is sent by nobody: \
              the client's kernel has no local port for that target.",
        finds: &[
            ("the remote machine lacks the address", "ETIMEDOUT"),
            ("no machine has the address", "EHOSTUNREACH"),
            ("our port has that connection already", "EADDRNOTAVAIL"),
        ],
        seen: SEEN,
        needs: &["linux", "userns", "tool:ip"],
        page: "01-connect/review.md",
        probe: probe!(an_address_that_is_not_there),
    },
    Claim {
        id: "CON-09",
        says: "EADDRNOTAVAIL comes of the configuration too: used-up ports, \
               or IPv6 switched off.",
        posix: "connect(): the address is not available from the local \
                machine.",
        outcome: OnlyIf(
            "the ports that are used up are TCP's: a UDP socket that finds \
             none says EAGAIN",
        ),
        why: "The configuration is this machine's, and nothing is wrong at \
              the other one. A port of net.ipv4.ip_local_port_range (ip(7)) \
              can serve several TCP connections, but only one to each target; \
              it serves one UDP socket (measured). Where IPv6 is off on every \
              interface, the client has no IPv6 address to come from \
              (measured).",
        finds: &[
            ("one port, first connection", "success"),
            ("one port, same server again", "EADDRNOTAVAIL"),
            ("one port, another server", "success"),
            ("one port, a second UDP socket", "EAGAIN"),
            ("IPv6 off", "EADDRNOTAVAIL"),
        ],
        seen: SEEN,
        needs: &["linux", "userns", "ipv6"],
        page: "01-connect/connect-errors.md",
        probe: probe!(no_address_of_our_own),
    },
    Claim {
        id: "CON-10",
        says: "connect fails with EAFNOSUPPORT where the address is of a \
               family that the socket cannot use.",
        posix: "",
        outcome: OnlyIf(
            "the socket is an Internet one, and the address is long enough \
             for that socket's family; a local socket says EINVAL",
        ),
        why: "TCP looks at the length first, so the 16 bytes of an IPv4 \
              address are too few for an IPv6 socket. A UDP socket of IPv6 \
              takes an IPv4 address (measured); unix(7) has EINVAL for a \
              local one.",
        finds: &[
            ("IPv4, IPv6 address", "EAFNOSUPPORT"),
            ("IPv6, IPv4 address in 28 bytes", "EAFNOSUPPORT"),
            ("IPv6, IPv4 address in 16 bytes", "EINVAL"),
            ("UDP over IPv6, IPv4 address", "success"),
            ("local, IPv4 address", "EINVAL"),
        ],
        seen: SEEN,
        needs: &["linux", "ipv6"],
        page: "01-connect/connect-errors.md",
        probe: probe!(an_address_of_another_family),
    },
    Claim {
        id: "CON-11",
        says: "connect fails with EISCONN on a socket that has a connection.",
        posix: "connect(): a socket without connections, as UDP's, is given \
                the new address; EOPNOTSUPP where the socket listens.",
        outcome: OnlyIf(
            "it is a stream socket; a UDP socket gets the new address",
        ),
        why: "The kernel still says so when the connection is gone, and it \
              says so to a TCP socket that listens and never had one \
              (measured).",
        finds: &[
            ("TCP", "EISCONN"),
            ("TCP, the peer has reset it", "EISCONN"),
            ("local", "EISCONN"),
            ("UDP", "success"),
            ("TCP, a listening socket", "EISCONN"),
            ("local, a listening socket", "EINVAL"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect-errors.md",
        probe: probe!(connect_again),
    },
    Claim {
        id: "CON-12",
        says: "connect fails with ETIMEDOUT after too long without success.",
        posix: "",
        outcome: OnlyIf("it is TCP, and nothing at all comes back"),
        why: "The kernel sends the SYN tcp_syn_retries times more and gives \
              up (tcp(7)), by default after about two minutes. Where no \
              machine on the Ethernet has the address it gives up sooner, \
              with EHOSTUNREACH (measured). A local client of a full queue \
              has no limit.",
        finds: &[
            ("a black hole", "ETIMEDOUT"),
            ("a full queue", "ETIMEDOUT"),
            ("no such neighbour", "EHOSTUNREACH"),
            ("local, a full queue, meanwhile", "waits"),
        ],
        seen: SEEN,
        needs: &["linux", "userns", "tool:ip"],
        page: "01-connect/connect-errors.md",
        probe: probe!(nobody_answers),
    },
    Claim {
        id: "CON-13",
        says: "ECONNREFUSED: a server has said no.",
        posix: "connect(): nobody listened at the address, or the request was \
                refused.",
        outcome: Differs(
            "The kernel there says no because nobody listens: a server that \
             listens cannot refuse, and UDP tells it to a later call.",
        ),
        why: "The kernel answers a SYN for a port where nobody listens with a \
              reset (RFC 9293, 3.5.2). A server's program gets a connection \
              that is made already, and can only end it.",
        finds: &[
            ("TCP, nobody listens", "ECONNREFUSED"),
            ("TCP, a server that wants no client", "success"),
            ("TCP, the server resets it, recv", "ECONNRESET"),
            ("TCP, the queue is full", "waits"),
            ("local, nobody listens", "ECONNREFUSED"),
            ("local, no such file", "ENOENT"),
            ("UDP, nobody there", "success"),
            ("UDP, recv after a send", "ECONNREFUSED"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect-errors.md",
        probe: probe!(who_refuses),
    },
    Claim {
        id: "CON-14",
        says: "connect fails with ENETUNREACH where no way leads to the \
               network of the address.",
        posix: "",
        outcome: OnlyIf(
            "a kernel on the way has no route at all; a route that forbids \
             gives EHOSTUNREACH, EACCES or EINVAL",
        ),
        why: "Without a route the client's kernel says it at once, and a \
              router says it by ICMP, which the client's kernel turns into \
              this errno. The kinds of route are in ip-route(8).",
        finds: &[
            ("no route", "ENETUNREACH"),
            ("no route, UDP", "ENETUNREACH"),
            ("no route, IPv6", "ENETUNREACH"),
            ("lo is switched off", "ENETUNREACH"),
            ("the router has no route", "ENETUNREACH"),
            ("a route: unreachable", "EHOSTUNREACH"),
            ("a route: prohibit", "EACCES"),
            ("a route: blackhole", "EINVAL"),
        ],
        seen: SEEN,
        needs: &["linux", "userns", "ipv6", "tool:ip"],
        page: "01-connect/connect-errors.md",
        probe: probe!(no_way_there),
    },
    Claim {
        id: "CON-15",
        says: "connect fails with EADDRINUSE where the target's address is \
               in use.",
        posix: "connect(): the connection would use addresses that are in \
                use.",
        outcome: Differs(
            "A target in use is what a server is, and it serves another \
             client; where the connection exists, it is EADDRNOTAVAIL.",
        ),
        why: "A connection is named by both addresses and both ports, and \
              only all four together must be new (RFC 9293, 3.4). connect(2) \
              keeps EADDRINUSE for local addresses; none of these attempts \
              gave it.",
        finds: &[
            ("TCP, a target with a client", "success"),
            ("TCP, the same four numbers", "EADDRNOTAVAIL"),
            ("TCP, from a port that listens", "success"),
            ("UDP, the same four numbers", "success"),
            ("local, a target with a client", "success"),
            ("local datagrams, somebody else's peer", "EPERM"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/review.md",
        probe: probe!(a_target_in_use),
    },
    Claim {
        id: "CON-16",
        says: "A non-blocking connect that cannot finish fails with \
               EINPROGRESS, and select shows when it is complete.",
        posix: "",
        outcome: OnlyIf(
            "it is TCP and SO_ERROR is asked too: select reports the end of \
             an attempt, a failed one as well",
        ),
        why: "Writable means that send would not wait, which is true of a \
              refused socket and of a new one that was never asked to \
              connect. Local sockets say EAGAIN and have no attempt \
              (connect(2)).",
        finds: &[
            ("a server listens", "EINPROGRESS"),
            ("a server listens: select, SO_ERROR", "writable, 0"),
            ("nobody listens", "EINPROGRESS"),
            ("nobody listens: select, SO_ERROR", "writable, ECONNREFUSED"),
            ("never asked: select, SO_ERROR", "writable, 0"),
            ("local, the queue is full", "EAGAIN"),
            ("local: select, SO_ERROR", "writable, 0"),
            ("local: getpeername", "ENOTCONN"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "07-many-at-once/connect-nonblocking.md",
        probe: probe!(progress_and_select),
    },
    Claim {
        id: "CON-17",
        says: "A second connect during the attempt fails with EALREADY.",
        posix: "connect(): EALREADY where the socket has an attempt under \
                way; its list of errors names no mode.",
        outcome: OnlyIf(
            "it is TCP and the call may not wait: a blocking one waits for \
             the attempt, and a local socket has none",
        ),
        why: "During the attempt the kernel does not look at the address of a \
              second call. Afterwards one more call gives 0, and only the \
              next one EISCONN (measured).",
        finds: &[
            ("TCP, not blocking", "EALREADY"),
            ("the same, another address", "EALREADY"),
            ("TCP, blocking", "waits"),
            ("after the attempt, the call that waited", "success"),
            ("after the attempt, one more", "EISCONN"),
            ("not blocking, after the attempt", "success"),
            ("not blocking, one more", "EISCONN"),
            ("local, the queue is full, twice", "EAGAIN"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "07-many-at-once/connect-nonblocking.md",
        probe: probe!(connect_meanwhile),
    },
    Claim {
        id: "CON-24",
        says: "Towards a host that does not answer: EINPROGRESS, EALREADY, \
               and an end with ETIMEDOUT.",
        posix: "",
        outcome: Holds,
        why: "The kernel asks again by itself; here TCP_USER_TIMEOUT makes it \
              give up at the first retry (tcp(7)). Reading SO_ERROR takes the \
              errno away, so a later connect says ECONNABORTED instead, and \
              the one after it begins anew (measured).",
        finds: &[
            ("connect", "EINPROGRESS"),
            ("connect again", "EALREADY"),
            ("select meanwhile", "nothing"),
            ("select, then SO_ERROR", "writable, ETIMEDOUT"),
            ("connect, SO_ERROR was read", "ECONNABORTED"),
            ("connect, once more", "EINPROGRESS"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "07-many-at-once/connect-nonblocking.md",
        probe: probe!(in_progress_to_the_end),
    },
    Claim {
        id: "CON-20",
        says: "A thread can be cancelled in connect, so the program has to \
               free what that thread holds.",
        posix: "",
        outcome: Holds,
        why: "connect is among the cancellation points (pthreads(7)), and a \
              descriptor belongs to no thread. Rust cancels none: a thread \
              ends by returning or by a panic, and both drop the `OwnedFd`. \
              From outside, shutdown on the same socket wakes a thread that \
              waits in connect (measured).",
        finds: &[
            ("a thread of the C library, in connect", "cancelled"),
            ("its descriptor afterwards", "open"),
            ("its attempt afterwards", "EALREADY"),
            (
                "a Rust thread returns early, its peer reads",
                "end of stream",
            ),
            ("a Rust thread panics, its peer reads", "end of stream"),
            ("a Rust thread in connect, a shutdown", "ECONNRESET"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/review.md",
        probe: probe!(a_thread_that_ends_early),
    },
    Claim {
        id: "CON-50",
        says: "A signal ends the call of connect with EINTR, and not the \
               attempt.",
        posix: "connect(): the attempt goes on after EINTR, and a second call \
                fails with EALREADY.",
        outcome: OnlyIf(
            "it is TCP, and SA_RESTART is off or SO_SNDTIMEO is set",
        ),
        why: "With SA_RESTART the kernel enters the call again, except where \
              the socket has a time limit (signal(7)). On Linux a second \
              connect waits for the attempt instead of saying EALREADY. A \
              local socket has no attempt that could go on (measured).",
        finds: &[
            ("without SA_RESTART", "EINTR"),
            ("a second connect", "success"),
            ("local, without SA_RESTART", "EINTR"),
            ("local, room is made, getpeername", "ENOTCONN"),
            ("with SA_RESTART", "waits"),
            ("the same call, at the end", "success"),
            ("with SA_RESTART and SO_SNDTIMEO", "EINTR"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "05-transfer/interrupted.md",
        probe: probe!(a_signal_during_connect),
    },
    Claim {
        id: "CON-51",
        says: "SO_SNDTIMEO limits how long connect waits; the call then fails, \
               and the attempt goes on.",
        posix: "",
        outcome: OnlyIf("it is TCP: a local socket has begun nothing"),
        why: "With SO_SNDTIMEO over, connect gives EINPROGRESS as if the \
              socket were non-blocking (socket(7)), and the attempt goes on. \
              A local socket gives EAGAIN, and nothing goes on.",
        finds: &[
            ("TCP, the limit is over", "EINPROGRESS"),
            ("TCP, again", "EALREADY"),
            ("TCP, without a limit", "success"),
            ("local, the limit is over", "EAGAIN"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect-errors.md",
        probe: probe!(a_limit_of_ones_own),
    },
    Claim {
        id: "CON-52",
        says: "A connection, or a failed attempt, does not use a socket up.",
        posix: "connect(): after a failure the state of the socket is \
                unspecified.",
        outcome: OnlyIf(
            "it is an Internet socket: the connection of a local stream \
             cannot be undone",
        ),
        why: "An address of the family AF_UNSPEC takes a connection back \
              (connect(2)); over TCP the peer hears a reset. That a refused \
              socket can try again is Linux, so a portable program makes a new \
              socket.",
        finds: &[
            ("TCP, refused, then a server listens", "success"),
            ("TCP, AF_UNSPEC", "success"),
            ("the peer reads", "ECONNRESET"),
            ("TCP, another connect", "success"),
            ("UDP, AF_UNSPEC", "success"),
            ("UDP, getpeername", "ENOTCONN"),
            ("local, AF_UNSPEC", "EINVAL"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect-errors.md",
        probe: probe!(connect_and_undo),
    },
    Claim {
        id: "CON-53",
        says: "connect has failures that the manual leaves out.",
        posix: "connect() names ENOENT, ENOTDIR, ELOOP, EPROTOTYPE and EACCES.",
        outcome: Holds,
        why: "A local address is a file's name, so its errors are a file's \
              (unix(7)). TCP connects neither to a group of hosts nor to a \
              broadcast address, and UDP to the latter only with SO_BROADCAST \
              (ip(7)). An address that begins with fe80 exists on every link \
              anew, and sin6_scope_id says on which (ipv6(7)).",
        finds: &[
            ("local, no such file", "ENOENT"),
            ("local, a name below a file", "ENOTDIR"),
            ("local, too many symbolic links", "ELOOP"),
            ("local, datagrams to a stream", "EPROTOTYPE"),
            ("TCP, everybody's address", "ENETUNREACH"),
            ("UDP, everybody's address", "EACCES"),
            ("IPv6, a link's address without the link", "EINVAL"),
        ],
        seen: SEEN,
        needs: &["linux", "ipv6"],
        page: "01-connect/review.md",
        probe: probe!(failures_left_out),
    },
];

/// The number itself, and errno where it is -1.
fn what_connect_gives_back(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    s.does(format_args!("connect to {address}, where a server listens"));
    s.finds("a server listens", number_of(&scene::tcp()?, &address));
    let (_holder, address) = scene::nobody()?;
    s.does(format_args!("connect to {address}, where nobody listens"));
    s.finds("nobody listens", number_of(&scene::tcp()?, &address));
    let full = full_queue()?;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!(
        "connect without waiting to {}, whose queue is full",
        full.address
    ));
    let number = number_of(&client, &full.address);
    s.finds("not finished, without waiting", number);
    Ok(())
}

/// One address, given in more and in fewer bytes than it has.
fn the_length_counts(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(8)?;
    for length in [15, 16, 128, 129] {
        s.does(format_args!("connect to {address}, length {length}"));
        let mut bytes = bytes_of(&address);
        bytes.resize(length, 0);
        s.finds_result(
            &format!("IPv4, {length} bytes"),
            connect_bytes(&scene::tcp()?, &bytes),
        );
    }
    // The kernel chooses a name: a zero byte and five more, no file.
    let (_listener, address) = scene::local_listener(8)?;
    let client = scene::local(SockType::Stream)?;
    let exact = bytes_of(&address);
    let longer = [&exact[..], &[0]].concat();
    s.does(format_args!(
        "connect to a local name, {} bytes",
        longer.len()
    ));
    let result = connect_bytes(&client, &longer);
    s.finds_result("local, one byte too many", result);
    s.does(format_args!("connect to the same, {} bytes", exact.len()));
    let result = connect_bytes(&client, &exact);
    s.finds_result("local, the exact length", result);
    Ok(())
}

/// The same target before and after listen, and targets that never listen.
fn what_makes_a_target(s: &mut Story) -> Result<()> {
    let (server, address) = scene::nobody()?;
    s.does(format_args!("connect to {address}, which is bound"));
    let result = connect(scene::tcp()?.as_raw_fd(), &address);
    s.finds_result("TCP, bound", result);
    s.does("the server calls listen, and never accept");
    listen(&server, Backlog::new(1)?)?;
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, listening, no accept", result);

    let (server, address) = scene::local_bound(SockType::Stream)?;
    s.does("connect to a local socket that is bound");
    let client = scene::local(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("local, bound", result);
    s.does("its server calls listen, and never accept");
    listen(&server, Backlog::new(1)?)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("local, listening, no accept", result);

    let (alone, own) = scene::nobody()?;
    s.does(format_args!("a socket bound to {own} connects to {own}"));
    s.finds_result("TCP, to its own port", connect(alone.as_raw_fd(), &own));
    let (_deaf, address) = scene::deaf()?;
    s.does(format_args!(
        "UDP: connect to {address}, which hears nobody"
    ));
    let result = connect(scene::udp()?.as_raw_fd(), &address);
    s.finds_result("UDP, nobody there", result);
    Ok(())
}

/// The program of the server does nothing, or calls accept once.
fn whom_connect_waits_for(s: &mut Story) -> Result<()> {
    s.does("TCP: a client connects, and nobody calls accept");
    let full = full_queue()?;
    let peer = getpeername::<SockaddrIn>(full.inside.as_raw_fd());
    s.finds_result("TCP, nobody calls accept", peer);
    s.does(format_args!(
        "a second client; the queue of {} is full",
        full.address
    ));
    let mut call = connecting(&scene::tcp()?, full.address)?;
    s.finds("TCP, the queue is full", call.state(libc::SYS_connect)?);
    s.does("accept takes the first one; the second one's kernel asks again");
    let _taken = sys::accept(&full.listener)?;
    s.finds_result("TCP, after one accept", call.result()?);

    s.does("local: a client connects, and nobody calls accept");
    let full = local_full_queue()?;
    let peer = getpeername::<UnixAddr>(full.inside.as_raw_fd());
    s.finds_result("local, nobody calls accept", peer);
    s.does("a second client; the queue is full");
    let mut call = connecting(&scene::local(SockType::Stream)?, full.address)?;
    s.finds("local, the queue is full", call.state(libc::SYS_connect)?);
    s.does("accept takes the first one");
    let _taken = sys::accept(&full.listener)?;
    s.finds_result("local, after one accept", call.result()?);

    let (_deaf, address) = scene::deaf()?;
    s.does(format_args!(
        "UDP: connect to {address}, which hears nobody"
    ));
    let result = connect(scene::udp()?.as_raw_fd(), &address);
    s.finds_result("UDP, nobody there", result);
    Ok(())
}

/// Each of these calls returns, also where a blocking one would wait.
fn connect_without_waiting(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    s.does(format_args!("connect to {address}, where a server listens"));
    let client = scene::tcp_nonblocking()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, a server listens", result);
    let full = full_queue()?;
    s.does(format_args!(
        "connect to {}, the queue is full",
        full.address
    ));
    let client = scene::tcp_nonblocking()?;
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("TCP, the queue is full", result);

    let (_listener, local_address) = scene::local_listener(1)?;
    s.does("connect to a local server");
    let client = scene::local_nonblocking(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &local_address);
    s.finds_result("local, a server listens", result);
    let full = local_full_queue()?;
    s.does("connect to a local server, the queue is full");
    let client = scene::local_nonblocking(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("local, the queue is full", result);

    s.does(format_args!("UDP: connect to {address}"));
    let client = scene::udp()?;
    scene::set_nonblocking(&client, true)?;
    s.finds_result("UDP", connect(client.as_raw_fd(), &address));
    Ok(())
}

/// Numbers that are no descriptors, and one that is hardly one.
fn connect_on_no_descriptor(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    // A number so high that nobody else is given it in the meantime.
    let closed = fcntl(scene::tcp()?, FcntlArg::F_DUPFD_CLOEXEC(500))?;
    nix::unistd::close(closed)?;
    s.does(format_args!(
        "connect {closed}, which was a socket, to {address}"
    ));
    s.finds_result("a closed descriptor", connect(closed, &address));
    s.does(format_args!("connect -1 to {address}"));
    s.finds_result("-1", connect(-1, &address));
    let flags = OFlag::O_PATH | OFlag::O_CLOEXEC;
    let path = open("/", flags, Mode::empty())?;
    s.does(format_args!(
        "connect a descriptor from O_PATH to {address}"
    ));
    let result = connect(path.as_raw_fd(), &address);
    s.finds_result("opened with O_PATH", result);
    Ok(())
}

/// Descriptors all of them, and no sockets.
fn connect_on_no_socket(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    let (pipe, _writer) = nix::unistd::pipe()?;
    s.does(format_args!("connect a pipe to {address}"));
    s.finds_result("a pipe", connect(pipe.as_raw_fd(), &address));
    let file = fs::File::open("/proc/self/exe")?;
    s.does(format_args!("connect a regular file to {address}"));
    s.finds_result("a regular file", connect(file.as_raw_fd(), &address));
    let folder = fs::File::open("/")?;
    s.does(format_args!("connect a folder to {address}"));
    s.finds_result("a folder", connect(folder.as_raw_fd(), &address));
    Ok(())
}

/// Addresses that a machine on the same cable lacks, and a local port that
/// has the very same connection.
fn an_address_that_is_not_there(s: &mut Story) -> Result<()> {
    let _far = network::cabled()?;
    // The second machine is the neighbour for an address it does not have.
    let lacking = Ipv4Addr::new(192, 0, 2, 8);
    network::ip(&format!(
        "neigh add {lacking} lladdr {} dev near\n",
        network::FAR_LINK
    ))?;
    scene::set("net/ipv4/tcp_syn_retries", "1")?;
    network::give_up_soon()?;
    s.does(format_args!(
        "connect to {lacking}; {} gets it",
        network::FAR
    ));
    let first = connecting(&scene::tcp()?, network::at(lacking, 5555))?;
    s.does(format_args!("connect to {}, nobody's", network::ABSENT));
    let target = network::at(network::ABSENT, 5555);
    let second = connecting(&scene::tcp()?, target)?;
    let label = "the remote machine lacks the address";
    s.finds_result(label, first.result()?);
    s.finds_result("no machine has the address", second.result()?);

    let (_listener, address) = scene::listener(8)?;
    let (_first, second) = same_port_twice(&address)?;
    s.does(format_args!("one port connects to {address} a second time"));
    let result = connect(second.as_raw_fd(), &address);
    s.finds_result("our port has that connection already", result);
    Ok(())
}

/// A machine with one local port, and a machine without IPv6.
fn no_address_of_our_own(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(8)?;
    let (_other, other) = scene::listener(8)?;
    scene::set("net/ipv4/ip_local_port_range", "29999 29999")?;
    s.does(format_args!("leave one local port; connect to {address}"));
    let first = scene::tcp()?;
    let result = connect(first.as_raw_fd(), &address);
    s.finds_result("one port, first connection", result);
    s.does(format_args!("connect to {address} from a second socket"));
    let second = scene::tcp()?;
    let result = connect(second.as_raw_fd(), &address);
    s.finds_result("one port, same server again", result);
    s.does(format_args!("connect to {other} from a third socket"));
    let third = scene::tcp()?;
    let result = connect(third.as_raw_fd(), &other);
    s.finds_result("one port, another server", result);
    s.does(format_args!("UDP: two sockets connect to {address}"));
    let (first, second) = (scene::udp()?, scene::udp()?);
    connect(first.as_raw_fd(), &address).context("the first")?;
    let result = connect(second.as_raw_fd(), &address);
    s.finds_result("one port, a second UDP socket", result);

    let here = scene::loopback6(5555);
    s.does(format_args!("switch IPv6 off; connect to {here}"));
    scene::set("net/ipv6/conf/all/disable_ipv6", "1")?;
    let client = scene::inet6(SockType::Stream)?;
    s.finds_result("IPv6 off", connect(client.as_raw_fd(), &here));
    Ok(())
}

/// Addresses of one family, sockets of another.
fn an_address_of_another_family(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(8)?;
    let other = scene::loopback6(address.port());
    s.does(format_args!("an IPv4 socket connects to {other}"));
    let result = connect(scene::tcp()?.as_raw_fd(), &other);
    s.finds_result("IPv4, IPv6 address", result);
    for length in [28, 16] {
        s.does(format_args!(
            "an IPv6 socket connects to {address}, length {length}"
        ));
        let mut bytes = bytes_of(&address);
        bytes.resize(length, 0);
        s.finds_result(
            &format!("IPv6, IPv4 address in {length} bytes"),
            connect_bytes(&scene::inet6(SockType::Stream)?, &bytes),
        );
    }
    s.does(format_args!("a UDP socket of IPv6 connects to {address}"));
    let client = scene::inet6(SockType::Datagram)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("UDP over IPv6, IPv4 address", result);
    s.does(format_args!("a local socket connects to {address}"));
    let result = connect(scene::local(SockType::Stream)?.as_raw_fd(), &address);
    s.finds_result("local, IPv4 address", result);
    Ok(())
}

/// Sockets that have a connection, had one, or never can.
fn connect_again(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(8)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does(format_args!("connect to {address} twice"));
    s.finds_result("TCP", connect(client.as_raw_fd(), &address));
    s.does("the server resets that connection, and connect is called again");
    let (taken, _) = sys::accept(&listener)?;
    scene::reset(taken)?;
    scene::until_readable(&client)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, the peer has reset it", result);

    let (local_listener, local_address) = scene::local_listener(8)?;
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &local_address)?;
    s.does("connect to a local server twice");
    s.finds_result("local", connect(client.as_raw_fd(), &local_address));
    let client = scene::udp()?;
    connect(client.as_raw_fd(), &scene::loopback(7))?;
    s.does("UDP: connect to port 7, then to port 9");
    let result = connect(client.as_raw_fd(), &scene::loopback(9));
    s.finds_result("UDP", result);

    s.does("a listening socket connects, by TCP and as a local one");
    let result = connect(listener.as_raw_fd(), &address);
    s.finds_result("TCP, a listening socket", result);
    let result = connect(local_listener.as_raw_fd(), &local_address);
    s.finds_result("local, a listening socket", result);
    Ok(())
}

/// Four ways to get no answer, all at once.
fn nobody_answers(s: &mut Story) -> Result<()> {
    let _far = network::cabled()?;
    network::black_hole()?;
    scene::set("net/ipv4/tcp_syn_retries", "1")?;
    network::give_up_soon()?;
    let full = full_queue()?;
    let local_full = local_full_queue()?;
    let hole = network::at(network::HOLE, 5555);
    s.does(format_args!(
        "ask once more only; connect to {hole}, a hole"
    ));
    let in_hole = connecting(&scene::tcp()?, hole)?;
    s.does(format_args!(
        "connect to {}, the queue is full",
        full.address
    ));
    let in_queue = connecting(&scene::tcp()?, full.address)?;
    let absent = network::at(network::ABSENT, 5555);
    s.does(format_args!("connect to {absent}, which no machine has"));
    let to_nobody = connecting(&scene::tcp()?, absent)?;
    s.does("connect to a local socket, the queue is full");
    let mut locally =
        connecting(&scene::local(SockType::Stream)?, local_full.address)?;
    s.finds_result("a black hole", in_hole.result()?);
    s.finds_result("a full queue", in_queue.result()?);
    s.finds_result("no such neighbour", to_nobody.result()?);
    let label = "local, a full queue, meanwhile";
    s.finds(label, locally.state(libc::SYS_connect)?);
    Ok(())
}

/// Nobody listens, or somebody does and wants no clients.
fn who_refuses(s: &mut Story) -> Result<()> {
    let (_holder, nobody) = scene::nobody()?;
    s.does(format_args!("connect to {nobody}, where nobody listens"));
    let result = connect(scene::tcp()?.as_raw_fd(), &nobody);
    s.finds_result("TCP, nobody listens", result);
    let (listener, address) = scene::listener(1)?;
    s.does(format_args!("connect to {address}; the server resets it"));
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, a server that wants no client", result);
    scene::reset(sys::accept(&listener)?.0)?;
    s.finds(
        "TCP, the server resets it, recv",
        scene::what_comes(&client, 8)?,
    );
    let full = full_queue()?;
    s.does(format_args!(
        "connect to {}, the queue is full",
        full.address
    ));
    let mut call = connecting(&scene::tcp()?, full.address)?;
    s.finds("TCP, the queue is full", call.state(libc::SYS_connect)?);

    let folder = scene::Folder::new()?;
    let left = UnixAddr::new(&folder.path().join("left"))?;
    let server = scene::local(SockType::Stream)?;
    bind(server.as_raw_fd(), &left)?;
    // The file stays.
    drop(server);
    s.does("connect to a local server that has ended");
    let client = scene::local(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &left);
    s.finds_result("local, nobody listens", result);
    let nothing = UnixAddr::new(&folder.path().join("nothing"))?;
    s.does("connect to a local name that does not exist");
    let result = connect(client.as_raw_fd(), &nothing);
    s.finds_result("local, no such file", result);

    let (_deaf, nobody) = scene::deaf()?;
    s.does(format_args!("UDP: connect to {nobody}, send, recv"));
    let client = scene::udp()?;
    let result = connect(client.as_raw_fd(), &nobody);
    s.finds_result("UDP, nobody there", result);
    send(client.as_raw_fd(), b"hello", MsgFlags::empty())?;
    scene::until_readable(&client)?;
    let result = recv(client.as_raw_fd(), &mut [0; 8], MsgFlags::empty());
    s.finds_result("UDP, recv after a send", result);
    Ok(())
}

/// Machines without a route, and routes that lead nowhere.
fn no_way_there(s: &mut Story) -> Result<()> {
    let target = network::at(network::NOWHERE, 5555);
    let attempt = || -> Result<_> {
        let call = connecting(&scene::tcp()?, target)?;
        call.result()
    };
    s.does(format_args!("connect to {target}, without a route"));
    s.finds_result("no route", attempt()?);
    s.does(format_args!("UDP: connect to {target}"));
    let result = connect(scene::udp()?.as_raw_fd(), &target);
    s.finds_result("no route, UDP", result);
    let outside = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    let outside = SockaddrIn6::from(SocketAddrV6::new(outside, 5555, 0, 0));
    s.does(format_args!("connect to {outside}"));
    let client = scene::inet6(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &outside);
    s.finds_result("no route, IPv6", result);
    let isolated = network::Machine::new()?;
    s.does("connect to 127.0.0.1 on a machine whose lo is switched off");
    let client = isolated.on(scene::tcp)?;
    let result = connect(client.as_raw_fd(), &scene::loopback(5555));
    s.finds_result("lo is switched off", result);

    let far = network::cabled()?;
    far.on(|| {
        scene::set("net/ipv4/ip_forward", "1")?;
        // It answers every packet, not one a second.
        scene::set("net/ipv4/icmp_ratelimit", "0")
    })?;
    let router = network::FAR;
    let network = network::NOWHERE;
    s.does(format_args!("the route leads to {router}, which has none"));
    network::ip(&format!("route add {network}/32 via {router}\n"))?;
    s.finds_result("the router has no route", attempt()?);
    for kind in ["unreachable", "prohibit", "blackhole"] {
        s.does(format_args!("a route of the kind {kind}"));
        network::ip(&format!("route replace {kind} {network}/32\n"))?;
        s.finds_result(&format!("a route: {kind}"), attempt()?);
    }
    Ok(())
}

/// Targets, and local ports, that somebody uses.
fn a_target_in_use(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(8)?;
    let (_first, second) = same_port_twice(&address)?;
    s.does(format_args!("{address} has a client; another one connects"));
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, a target with a client", result);
    s.does("a second socket on the first client's port connects to it");
    let result = connect(second.as_raw_fd(), &address);
    s.finds_result("TCP, the same four numbers", result);

    let server = scene::tcp()?;
    setsockopt(&server, sockopt::ReusePort, &true)?;
    bind(server.as_raw_fd(), &scene::loopback(0))?;
    listen(&server, Backlog::new(1)?)?;
    let own: SockaddrIn = getsockname(server.as_raw_fd())?;
    let client = scene::tcp()?;
    setsockopt(&client, sockopt::ReusePort, &true)?;
    bind(client.as_raw_fd(), &own)?;
    s.does(format_args!("a client on {own}, where a server listens"));
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, from a port that listens", result);

    let (first, second) = (scene::udp()?, scene::udp()?);
    setsockopt(&first, sockopt::ReuseAddr, &true)?;
    setsockopt(&second, sockopt::ReuseAddr, &true)?;
    bind(first.as_raw_fd(), &scene::loopback(0))?;
    let own: SockaddrIn = getsockname(first.as_raw_fd())?;
    bind(second.as_raw_fd(), &own)?;
    connect(first.as_raw_fd(), &address)?;
    s.does(format_args!("UDP: {own} connects to {address} twice"));
    let result = connect(second.as_raw_fd(), &address);
    s.finds_result("UDP, the same four numbers", result);

    let (_listener, local_address) = scene::local_listener(8)?;
    let (first, second) = (
        scene::local(SockType::Stream)?,
        scene::local(SockType::Stream)?,
    );
    connect(first.as_raw_fd(), &local_address)?;
    s.does("a local server has a client; another one connects");
    let result = connect(second.as_raw_fd(), &local_address);
    s.finds_result("local, a target with a client", result);
    let (taken, taken_address) = scene::local_bound(SockType::Datagram)?;
    let (_other, other_address) = scene::local_bound(SockType::Datagram)?;
    connect(taken.as_raw_fd(), &other_address)?;
    let (client, _) = scene::local_bound(SockType::Datagram)?;
    s.does("local datagrams: connect to a socket that has another peer");
    let result = connect(client.as_raw_fd(), &taken_address);
    s.finds_result("local datagrams, somebody else's peer", result);
    Ok(())
}

/// What select and `SO_ERROR` say: the attempt ends well, badly, or is none.
fn progress_and_select(s: &mut Story) -> Result<()> {
    let (_listener, address) = scene::listener(1)?;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!("connect to {address}, where a server listens"));
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("a server listens", result);
    s.finds(
        "a server listens: select, SO_ERROR",
        selected(&client, None)?,
    );
    let (_holder, nobody) = scene::nobody()?;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!("connect to {nobody}, where nobody listens"));
    let result = connect(client.as_raw_fd(), &nobody);
    s.finds_result("nobody listens", result);
    s.finds("nobody listens: select, SO_ERROR", selected(&client, None)?);
    s.does("select on a socket for which nobody has called connect");
    s.finds(
        "never asked: select, SO_ERROR",
        selected(&scene::tcp()?, None)?,
    );

    let full = local_full_queue()?;
    let client = scene::local_nonblocking(SockType::Stream)?;
    s.does("connect to a local socket, the queue is full");
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("local, the queue is full", result);
    let label = "local: select, SO_ERROR";
    s.finds(label, selected(&client, None)?);
    let peer = getpeername::<UnixAddr>(client.as_raw_fd());
    s.finds_result("local: getpeername", peer);
    Ok(())
}

/// A second connect while the first attempt hangs at a full queue, and after
/// it has ended.
fn connect_meanwhile(s: &mut Story) -> Result<()> {
    let full = full_queue()?;
    let to = full.address;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!("connect to {to}, the queue is full; again"));
    let begun = connect(client.as_raw_fd(), &to);
    if begun != Err(Errno::EINPROGRESS) {
        bail!("the attempt did not begin: {begun:?}");
    }
    let result = connect(client.as_raw_fd(), &to);
    s.finds_result("TCP, not blocking", result);
    let (_other, elsewhere) = scene::listener(1)?;
    s.does(format_args!("connect to {elsewhere}, where there is room"));
    let result = connect(client.as_raw_fd(), &elsewhere);
    s.finds_result("the same, another address", result);
    s.does("switch to blocking, and connect again");
    scene::set_nonblocking(&client, false)?;
    let mut call = connecting(&client, to)?;
    s.finds("TCP, blocking", call.state(libc::SYS_connect)?);
    s.does("accept makes room, and the client's kernel asks again");
    let _taken = sys::accept(&full.listener)?;
    let label = "after the attempt, the call that waited";
    s.finds_result(label, call.result()?);
    let result = connect(client.as_raw_fd(), &to);
    s.finds_result("after the attempt, one more", result);

    let (_listener, address) = scene::listener(1)?;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!(
        "connect to {address}, select, connect twice more"
    ));
    let _ = connect(client.as_raw_fd(), &address);
    let _: String = selected(&client, None)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("not blocking, after the attempt", result);
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("not blocking, one more", result);

    let full = local_full_queue()?;
    let client = scene::local_nonblocking(SockType::Stream)?;
    s.does("connect twice to a local socket, the queue is full");
    let _ = connect(client.as_raw_fd(), &full.address);
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("local, the queue is full, twice", result);
    Ok(())
}

/// An attempt that nobody answers, from its begin to what follows its end.
fn in_progress_to_the_end(s: &mut Story) -> Result<()> {
    let full = full_queue()?;
    let client = scene::tcp_nonblocking()?;
    s.does(format_args!(
        "connect to {}, the queue is full",
        full.address
    ));
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("connect", result);
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("connect again", result);
    s.does("select, which may not wait");
    let now = TimeVal::zero();
    s.finds("select meanwhile", selected(&client, Some(now))?);
    // In ms, and over when the kernel is about to ask again. Only now, so that
    // the attempt is sure to last until here.
    setsockopt(&client, sockopt::TcpUserTimeout, &100)?;
    s.does("TCP_USER_TIMEOUT; select, which waits");
    s.finds("select, then SO_ERROR", selected(&client, None)?);
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("connect, SO_ERROR was read", result);
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("connect, once more", result);
    Ok(())
}

/// Threads that hold a socket and end early, each in another way.
fn a_thread_that_ends_early(s: &mut Story) -> Result<()> {
    let full = full_queue()?;
    let client = scene::tcp()?;
    s.does(format_args!(
        "pthread_create, connect to {}, pthread_cancel",
        full.address
    ));
    let label = "a thread of the C library, in connect";
    let cancelled = scene::cancel::in_connect(&client, full.address)?;
    s.finds(label, if cancelled { "cancelled" } else { "returned" });
    let open = fcntl(&client, FcntlArg::F_GETFD).is_ok();
    let how = if open { "open" } else { "closed" };
    s.finds("its descriptor afterwards", how);
    scene::set_nonblocking(&client, true)?;
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("its attempt afterwards", result);

    let (client, server) = scene::tcp_pair()?;
    s.does("a thread that owns a connected socket returns early");
    let gives_up = move || -> Result<(), Errno> {
        let _owned = client;
        Err(Errno::EIO)
    };
    let _ = thread::spawn(gives_up).join();
    let label = "a Rust thread returns early, its peer reads";
    s.finds(label, scene::what_comes(&server, 8)?);
    let (client, server) = scene::tcp_pair()?;
    s.does("a thread that owns a connected socket panics");
    let panics = move || {
        let _owned = client;
        resume_unwind(Box::new("on purpose"));
    };
    let _ = thread::spawn(panics).join();
    let label = "a Rust thread panics, its peer reads";
    s.finds(label, scene::what_comes(&server, 8)?);

    let client = scene::tcp()?;
    s.does(format_args!(
        "a thread waits in connect to {}",
        full.address
    ));
    let call = asleep_in_connect(&client, full.address)?;
    s.does("another thread calls shutdown on the same socket");
    shutdown(client.as_raw_fd(), Shutdown::Both)?;
    let label = "a Rust thread in connect, a shutdown";
    s.finds_result(label, call.result()?);
    Ok(())
}

/// A signal with a handler comes while connect waits at a full queue.
fn a_signal_during_connect(s: &mut Story) -> Result<()> {
    scene::count_sigusr1(SaFlags::empty())?;
    let full = full_queue()?;
    let to = full.address;
    let client = scene::tcp()?;
    s.does(format_args!(
        "connect to {to} waits; a signal, no SA_RESTART"
    ));
    let call = interrupted(&client, to)?;
    s.finds_result("without SA_RESTART", call.result()?);
    s.does("connect is called again; then accept makes room");
    let mut call = connecting(&client, to)?;
    call.state(libc::SYS_connect)?;
    let _taken = sys::accept(&full.listener)?;
    s.finds_result("a second connect", call.result()?);

    let local_full = local_full_queue()?;
    let client = scene::local(SockType::Stream)?;
    s.does("connect to a local socket waits; a signal, no SA_RESTART");
    let call = interrupted(&client, local_full.address)?;
    s.finds_result("local, without SA_RESTART", call.result()?);
    s.does("accept makes room at the local socket, and nobody comes");
    let _taken = sys::accept(&local_full.listener)?;
    let peer = getpeername::<UnixAddr>(client.as_raw_fd());
    s.finds_result("local, room is made, getpeername", peer);

    scene::count_sigusr1(SaFlags::SA_RESTART)?;
    let full = full_queue()?;
    let to = full.address;
    let other = scene::tcp()?;
    s.does(format_args!("connect to {to} waits; a signal, SA_RESTART"));
    let mut call = interrupted(&other, to)?;
    s.finds("with SA_RESTART", call.state()?);
    s.does("accept makes room");
    let _taken = sys::accept(&full.listener)?;
    s.finds_result("the same call, at the end", call.result()?);
    let full = full_queue()?;
    let other = scene::tcp()?;
    setsockopt(&other, sockopt::SendTimeout, &TimeVal::seconds(600))?;
    s.does("the same with SO_SNDTIMEO of 600 s");
    let call = interrupted(&other, full.address)?;
    let result = call.result()?;
    s.finds_result("with SA_RESTART and SO_SNDTIMEO", result);
    Ok(())
}

/// `SO_SNDTIMEO` is over before there is room in the queue.
fn a_limit_of_ones_own(s: &mut Story) -> Result<()> {
    let limit = TimeVal::milliseconds(50);
    let full = full_queue()?;
    let client = scene::tcp()?;
    setsockopt(&client, sockopt::SendTimeout, &limit)?;
    s.does(format_args!(
        "a limit of 50 ms; connect to {}",
        full.address
    ));
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("TCP, the limit is over", result);
    s.does("a non-blocking connect says whether there is an attempt");
    scene::set_nonblocking(&client, true)?;
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("TCP, again", result);
    s.does("accept makes room; connect without a limit");
    scene::set_nonblocking(&client, false)?;
    setsockopt(&client, sockopt::SendTimeout, &TimeVal::zero())?;
    let _taken = sys::accept(&full.listener)?;
    let call = connecting(&client, full.address)?;
    s.finds_result("TCP, without a limit", call.result()?);

    let full = local_full_queue()?;
    let client = scene::local(SockType::Stream)?;
    setsockopt(&client, sockopt::SendTimeout, &limit)?;
    s.does("a limit of 50 ms; connect to a local socket");
    let result = connect(client.as_raw_fd(), &full.address);
    s.finds_result("local, the limit is over", result);
    Ok(())
}

/// One socket is refused, connected, disconnected and connected again.
fn connect_and_undo(s: &mut Story) -> Result<()> {
    let (server, address) = scene::nobody()?;
    let client = scene::tcp()?;
    s.does(format_args!("connect to {address}, which refuses"));
    let refused = connect(client.as_raw_fd(), &address);
    if refused != Err(Errno::ECONNREFUSED) {
        bail!("not refused: {refused:?}");
    }
    s.does("the server listens; connect the same socket");
    listen(&server, Backlog::new(8)?)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, refused, then a server listens", result);
    let (taken, _) = sys::accept(&server)?;
    s.does("connect to an address of the family AF_UNSPEC");
    s.finds_result("TCP, AF_UNSPEC", disconnect(&client));
    s.finds("the peer reads", scene::what_comes(&taken, 8)?);
    s.does(format_args!("connect to {address} once more"));
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, another connect", result);

    let client = scene::udp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does("the same on a connected UDP socket");
    s.finds_result("UDP, AF_UNSPEC", disconnect(&client));
    let peer = getpeername::<SockaddrIn>(client.as_raw_fd());
    s.finds_result("UDP, getpeername", peer);
    let (client, _peer) = scene::local_pair()?;
    s.does("the same on a connected local socket");
    s.finds_result("local, AF_UNSPEC", disconnect(&client));
    Ok(())
}

/// Files that are not right, and addresses that mean more than one machine.
fn failures_left_out(s: &mut Story) -> Result<()> {
    let folder = scene::Folder::new()?;
    let (file, link) = (folder.path().join("file"), folder.path().join("link"));
    fs::write(&file, "")?;
    std::os::unix::fs::symlink(&link, &link)?;
    let stream = folder.path().join("stream");
    let server = scene::local(SockType::Stream)?;
    bind(server.as_raw_fd(), &UnixAddr::new(&stream)?)?;
    listen(&server, Backlog::new(1)?)?;
    let (datagram, _) = scene::local_bound(SockType::Datagram)?;
    let client = scene::local(SockType::Stream)?;
    for (label, socket, name) in [
        (
            "local, no such file",
            &client,
            folder.path().join("nothing"),
        ),
        ("local, a name below a file", &client, file.join("below")),
        ("local, too many symbolic links", &client, link),
        ("local, datagrams to a stream", &datagram, stream),
    ] {
        s.does(label);
        let result = connect(socket.as_raw_fd(), &UnixAddr::new(&name)?);
        s.finds_result(label, result);
    }
    let everybody = network::at(Ipv4Addr::new(127, 255, 255, 255), 5555);
    s.does(format_args!("connect to {everybody}, by TCP and by UDP"));
    let result = connect(scene::tcp()?.as_raw_fd(), &everybody);
    s.finds_result("TCP, everybody's address", result);
    let result = connect(scene::udp()?.as_raw_fd(), &everybody);
    s.finds_result("UDP, everybody's address", result);
    let on_link = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
    let on_link = SockaddrIn6::from(SocketAddrV6::new(on_link, 5555, 0, 0));
    s.does(format_args!("connect to {on_link}, scope 0"));
    let client = scene::inet6(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &on_link);
    s.finds_result("IPv6, a link's address without the link", result);
    Ok(())
}

// ---------------------------------------------------------------------------
// What the probes above share.

/// A listening socket that has no room for another client.
struct Full<A> {
    listener: OwnedFd,
    address: A,
    /// The client that is in the queue.
    inside: OwnedFd,
}

/// TCP, backlog 0: one client fits.
fn full_queue() -> Result<Full<SockaddrIn>> {
    let (listener, address) = scene::listener(0)?;
    let inside = scene::tcp()?;
    connect(inside.as_raw_fd(), &address).context("connect the first")?;
    scene::until_readable(&listener)?;
    Ok(Full {
        listener,
        address,
        inside,
    })
}

/// The same among local sockets.
fn local_full_queue() -> Result<Full<UnixAddr>> {
    let (listener, address) = scene::local_listener(0)?;
    let inside = scene::local(SockType::Stream)?;
    connect(inside.as_raw_fd(), &address).context("connect the first")?;
    Ok(Full {
        listener,
        address,
        inside,
    })
}

/// Two sockets on one local port; the first one is connected to `server`.
fn same_port_twice(server: &SockaddrIn) -> Result<(OwnedFd, OwnedFd)> {
    let (first, second) = (scene::tcp()?, scene::tcp()?);
    setsockopt(&first, sockopt::ReuseAddr, &true)?;
    setsockopt(&second, sockopt::ReuseAddr, &true)?;
    bind(first.as_raw_fd(), &scene::loopback(0)).context("bind")?;
    let own: SockaddrIn = getsockname(first.as_raw_fd())?;
    bind(second.as_raw_fd(), &own).context("bind the same port")?;
    connect(first.as_raw_fd(), server).context("connect the first")?;
    Ok((first, second))
}

/// Connects in a thread of its own.
fn connecting<A: SockaddrLike + Send + 'static>(
    client: &OwnedFd,
    address: A,
) -> Result<Call<Result<(), Errno>>> {
    let client = client.try_clone()?;
    Call::make(move || connect(client.as_raw_fd(), &address))
}

/// The same, once it sleeps.
fn asleep_in_connect<A: SockaddrLike + Send + 'static>(
    client: &OwnedFd,
    address: A,
) -> Result<Sleeper<Result<(), Errno>>> {
    let client = client.try_clone()?;
    Sleeper::start(libc::SYS_connect, move || {
        connect(client.as_raw_fd(), &address)
    })
}

/// The same, once it has been sent a signal and the handler has run.
fn interrupted<A: SockaddrLike + Send + 'static>(
    client: &OwnedFd,
    address: A,
) -> Result<Sleeper<Result<(), Errno>>> {
    let call = asleep_in_connect(client, address)?;
    call.interrupt()?;
    Ok(call)
}

/// What select reports of a socket, within a limit, and then `SO_ERROR`.
fn selected(socket: &OwnedFd, limit: Option<TimeVal>) -> Result<String> {
    let mut writable = FdSet::new();
    writable.insert(socket.as_fd());
    let deadline = i64::try_from(scene::DEADLINE.as_secs())?;
    let mut limit = limit.unwrap_or(TimeVal::seconds(deadline));
    let nfds = socket.as_raw_fd() + 1;
    let count = select(nfds, None, &mut writable, None, &mut limit);
    if count.context("select")? == 0 {
        return Ok("nothing".to_owned());
    }
    Ok(match getsockopt(socket, sockopt::SocketError)? {
        0 => "writable, 0".to_owned(),
        error => format!("writable, {:?}", Errno::from_raw(error)),
    })
}

/// Takes a connection back: connects to no address at all.
fn disconnect(socket: &OwnedFd) -> Result<(), Errno> {
    // Zeros: the family is AF_UNSPEC.
    connect_bytes(socket, &[0; size_of::<libc::sockaddr_in>()])
}

/// The address as the kernel gets it.
fn bytes_of(address: &dyn SockaddrLike) -> Vec<u8> {
    let length = address.len() as usize;
    // SAFETY: an address has that many bytes where it begins.
    #[expect(unsafe_code, reason = "nix does not show the bytes")]
    let bytes = unsafe {
        std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), length)
    };
    bytes.to_vec()
}

/// `connect` with any bytes for an address, any number of them.
fn connect_bytes(socket: &OwnedFd, bytes: &[u8]) -> Result<(), Errno> {
    // Aligned as an address is, and long enough for what is tried here.
    let mut room = [0_u64; 32];
    for (word, part) in room.iter_mut().zip(bytes.chunks(8)) {
        let mut all = [0; 8];
        all[..part.len()].copy_from_slice(part);
        *word = u64::from_ne_bytes(all);
    }
    let length = libc::socklen_t::try_from(bytes.len().min(256));
    let length = length.map_err(|_| Errno::EINVAL)?;
    // SAFETY: `room` has at least `length` bytes, and they are initialised.
    #[expect(unsafe_code, reason = "nix gives every address its own length")]
    let done = unsafe {
        libc::connect(socket.as_raw_fd(), room.as_ptr().cast(), length)
    };
    Errno::result(done).map(drop)
}

/// What the C library's `connect` returns, with errno where that is -1.
fn number_of(socket: &OwnedFd, address: &dyn SockaddrLike) -> String {
    // SAFETY: an address has that many bytes where it begins.
    #[expect(unsafe_code, reason = "nix makes a `Result` of the number")]
    let number = unsafe {
        libc::connect(socket.as_raw_fd(), address.as_ptr(), address.len())
    };
    match number {
        -1 => format!("-1 {:?}", Errno::last()),
        _ => number.to_string(),
    }
}
