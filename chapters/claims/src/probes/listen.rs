//! Claims about `listen`.

use std::any::type_name;
use std::ffi::{OsString, c_int};
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockProtocol,
    SockType, SockaddrIn, UnixAddr, bind, connect, getsockname, listen, recv,
    send, setsockopt, shutdown, socket, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Call, Sleeper, State};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("listen.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "LIS-01",
        says: "A server calls listen before it calls accept.",
        posix: "",
        outcome: Holds,
        why: "A socket without a call of listen has no accept queue, so \
              accept has nothing to wait for and says EINVAL (accept(2)).",
        finds: &[
            ("TCP, accept before listen", "EINVAL"),
            ("TCP, accept after listen", "success"),
            ("AF_UNIX, accept before listen", "EINVAL"),
            ("AF_UNIX, accept after listen", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(accept_before_listen),
    },
    Claim {
        id: "LIS-02",
        says: "select tells when a listening socket has a client for accept.",
        posix: "",
        outcome: Holds,
        why: "The kernel calls a listening socket readable while its accept \
              queue holds a connection (accept(2)).",
        finds: &[
            ("TCP, nobody has come", "not ready"),
            ("TCP, a client has connected", "ready"),
            ("TCP, accept has taken it", "not ready"),
            ("AF_UNIX, nobody has come", "not ready"),
            ("AF_UNIX, a client has connected", "ready"),
            ("AF_UNIX, accept has taken it", "not ready"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/accept-nonblocking.md",
        probe: probe!(select_and_the_listening_socket),
    },
    Claim {
        id: "LIS-03",
        says: "A socket of a connectionless style cannot listen.",
        posix: "",
        outcome: Holds,
        why: "Nobody connects to a datagram socket, so there is no queue to \
              wait in (listen(2)). Local sockets of type SOCK_SEQPACKET have \
              connections, and can listen.",
        finds: &[
            ("UDP", "EOPNOTSUPP"),
            ("UDP with a peer", "EOPNOTSUPP"),
            ("AF_UNIX, SOCK_DGRAM", "EOPNOTSUPP"),
            ("AF_UNIX, SOCK_SEQPACKET", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(connectionless_sockets),
    },
    Claim {
        id: "LIS-04",
        says: "A server's program can be started by the first client that \
               wants it.",
        posix: "",
        outcome: Holds,
        why: "Another process, such as inetd, holds the listening socket. The \
              kernel makes the connection and keeps the client's bytes until \
              that process has started the server with the connection as its \
              standard input and output (measured).",
        finds: &[
            ("connect, before the server is started", "success"),
            ("what the server answered", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:cat"],
        page: "04-getpeername/getpeername.md",
        probe: probe!(started_by_a_client),
    },
    Claim {
        id: "LIS-05",
        says: "Nothing guards a port in the Internet namespace: every process \
               on every machine can connect.",
        posix: "",
        outcome: OnlyIf(
            "the socket is bound to an address and a device that the other \
             machine reaches, and no filter stands between them",
        ),
        why: "A socket that is bound to 127.0.0.1, or to the device lo \
              (SO_BINDTODEVICE), is found by its own machine alone, and a \
              filter (SO_ATTACH_FILTER) drops what the program does not want \
              (socket(7)). Who asks makes no difference: a process without \
              any privilege may connect (measured).",
        finds: &[
            ("other machine, bound to 0.0.0.0", "success"),
            ("other machine, bound to 127.0.0.1", "ECONNREFUSED"),
            ("other machine, bound to the device lo", "ECONNREFUSED"),
            ("other machine, a filter that lets nothing in", "ETIMEDOUT"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns", "tool:ip"],
        page: "02-listen/review.md",
        probe: probe!(clients_from_another_machine),
    },
    Claim {
        id: "LIS-06",
        says: "To keep clients out, a server looks at the address that a \
               client comes from.",
        posix: "",
        outcome: Holds,
        why: "accept tells the address, and close ends the connection. The \
              kernels have made the connection by then, so the client that is \
              turned away has seen its connect succeed and reads an end of \
              stream (measured).",
        finds: &[
            ("address of the first client", "127.0.0.1"),
            ("address of the second client", "127.0.0.2"),
            ("connect of the second client", "success"),
            ("what the first client reads", "welcome"),
            ("what the second client reads", "end of stream"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/review.md",
        probe: probe!(turned_away_by_address),
    },
    Claim {
        id: "LIS-07",
        says: "For a local socket, the permission bits of its file decide who \
               may connect.",
        posix: "",
        outcome: OnlyIf(
            "the socket has a file, and the client is no privileged process: \
             Linux also has abstract names, which have no bits",
        ),
        why: "connect needs write permission on the file and search \
              permission on its folder (unix(7)). An abstract name is no file, \
              so whoever is in the same network namespace connects. A process \
              with CAP_DAC_OVERRIDE is not asked for permission \
              (capabilities(7)); the client here gives it up.",
        finds: &[
            ("write bit", "success"),
            ("read bit alone", "EACCES"),
            ("folder without search bit", "EACCES"),
            ("abstract name, which has no file", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/review.md",
        probe: probe!(permission_bits),
    },
    Claim {
        id: "LIS-08",
        says: "listen gives back 0 where it succeeds and -1 where it fails.",
        posix: "",
        outcome: Holds,
        why: "It is the convention of most system calls (listen(2)). nix \
              turns the -1 into an Err with the errno.",
        finds: &[("TCP", "0"), ("AF_UNIX", "0"), ("UDP", "-1 and EOPNOTSUPP")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(what_listen_returns),
    },
    Claim {
        id: "LIS-09",
        says: "The argument n is how many connections can be pending.",
        posix: "The number is a hint; the queue may be longer or shorter \
                (listen()).",
        outcome: Differs("One more than n fits: n + 1 connections."),
        why: "Linux calls a queue full when it holds more than n, for TCP and \
              for local sockets (measured). So even n = 0 lets one client in.",
        finds: &[
            ("TCP, n = 0", "1"),
            ("TCP, n = 1", "2"),
            ("TCP, n = 5", "6"),
            ("AF_UNIX, n = 0", "1"),
            ("AF_UNIX, n = 1", "2"),
            ("AF_UNIX, n = 5", "6"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog.md",
        probe: probe!(how_many_fit),
    },
    Claim {
        id: "LIS-10",
        says: "Where the queue is full, the next client's connect fails with \
               ECONNREFUSED.",
        posix: "",
        outcome: Differs(
            "The TCP client hears nothing: its SYN is dropped, its kernel \
             asks again, and an attempt that never finds room ends with \
             ETIMEDOUT.",
        ),
        why: "The server's kernel answers neither yes nor no, because a later \
              attempt may find room (listen(2)). The client here sets \
              TCP_USER_TIMEOUT, so that its kernel gives up after about 1 s \
              and not after two minutes (tcp(7)).",
        finds: &[
            ("SYN of a blocking client", "dropped"),
            ("its connect", "waits"),
            ("SYN of a non-blocking client", "dropped"),
            ("its connect, non-blocking", "EINPROGRESS"),
            ("how its attempt ends", "ETIMEDOUT"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog.md",
        probe: probe!(one_client_too_many),
    },
    Claim {
        id: "LIS-11",
        says: "With tcp_abort_on_overflow = 1, a full queue refuses the next \
               client.",
        posix: "",
        outcome: Differs(
            "The SYN is dropped without an answer as before; the setting \
             resets only a client whose connect had returned 0 before the \
             queue was full.",
        ),
        why: "The kernel looks at the queue first when the SYN comes, and \
              drops it there. The setting counts when the last packet of a \
              handshake meets a full queue (measured; tcp(7) does not say \
              when). TCP_DEFER_ACCEPT holds a handshake open for that here.",
        finds: &[
            ("0: SYN of the next client", "dropped"),
            ("0: its connect", "EINPROGRESS"),
            ("0: client that was half in the queue", "waits for a place"),
            ("1: SYN of the next client", "dropped"),
            ("1: its connect", "EINPROGRESS"),
            ("1: client that was half in the queue", "ECONNRESET"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns"],
        page: "02-listen/review.md",
        probe: probe!(abort_on_overflow),
    },
    Claim {
        id: "LIS-12",
        says: "The full queue of a local socket refuses the next client with \
               ECONNREFUSED, too.",
        posix: "",
        outcome: Differs(
            "A blocking client of a local socket sleeps in connect; a \
             non-blocking one gets EAGAIN, and so does one whose time limit \
             (SO_SNDTIMEO) runs out.",
        ),
        why: "One kernel has both ends and can put the client to sleep beside \
              the queue (connect(2), measured). ECONNREFUSED comes when the \
              server closes the listening socket meanwhile.",
        finds: &[
            ("blocking", "waits"),
            ("non-blocking", "EAGAIN"),
            ("SOCK_SEQPACKET, non-blocking", "EAGAIN"),
            ("with a time limit of 50 ms", "EAGAIN"),
            ("blocking, the server closes", "ECONNREFUSED"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog-local.md",
        probe: probe!(one_local_client_too_many),
    },
    Claim {
        id: "LIS-13",
        says: "Clients are refused until the server takes a connection out of \
               the queue with accept.",
        posix: "",
        outcome: Differs(
            "Nobody is refused, and accept is not the only way to make room: \
             the client that waits is let in after accept, or after listen \
             with a larger n.",
        ),
        why: "A waiting TCP client learns of the room at its kernel's next \
              SYN, after 1 s (RFC 6298, section 2); a local one is woken at \
              once. A client that leaves the queue by closing makes no room: \
              its connection stays until accept takes it (measured).",
        finds: &[
            ("TCP, places taken after a queued client has closed", "1"),
            ("TCP, waiting client after accept", "success"),
            ("TCP, waiting client after listen with n + 1", "success"),
            ("AF_UNIX, waiting client after accept", "success"),
            ("AF_UNIX, waiting client after listen with n + 1", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog-local.md",
        probe: probe!(what_makes_room),
    },
    Claim {
        id: "LIS-14",
        says: "The system may have a limit of its own for the queue.",
        posix: "",
        outcome: Holds,
        why: "listen cuts n to net.core.somaxconn and returns 0 all the same \
              (listen(2)). A socket keeps its limit when the setting changes \
              afterwards (measured).",
        finds: &[
            ("listen with n = 100, somaxconn = 3", "success"),
            ("TCP, clients that fit", "4"),
            ("AF_UNIX, clients that fit", "4"),
            ("n in force, somaxconn = 50 afterwards", "3"),
            ("n in force, listen with n = 100 again", "50"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns"],
        page: "02-listen/listen.md",
        probe: probe!(the_systems_limit),
    },
    Claim {
        id: "LIS-15",
        says: "The second argument of listen is an unsigned int.",
        posix: "The argument is an int, and a negative one counts as 0 \
                (listen()).",
        outcome: Differs(
            "The C library's header declares an int, and the libc crate an \
             i32; the kernel then reads its bits as an unsigned number.",
        ),
        why: "So -1 is the largest number that there is, and the queue gets \
              the system's limit, net.core.somaxconn (measured).",
        finds: &[
            ("type in the libc crate", "i32"),
            ("listen with -1", "success"),
            ("n in force is net.core.somaxconn", "yes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(a_negative_backlog),
    },
    Claim {
        id: "LIS-16",
        says: "listen fails with EBADF where the descriptor is not valid.",
        posix: "",
        outcome: Holds,
        why: "The process has no open file under that number (listen(2)). A \
              descriptor that was opened with O_PATH is valid for a few calls \
              only, and listen is none of them (open(2)).",
        finds: &[
            ("-1", "EBADF"),
            ("a number that was closed", "EBADF"),
            ("O_PATH", "EBADF"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "00-first-contact/descriptor.md",
        probe: probe!(no_descriptor),
    },
    Claim {
        id: "LIS-17",
        says: "listen fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The kernel finds an open file of another kind under that number \
              (listen(2)).",
        finds: &[("a pipe", "ENOTSOCK"), ("a regular file", "ENOTSOCK")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "00-first-contact/descriptor.md",
        probe: probe!(no_socket),
    },
    Claim {
        id: "LIS-18",
        says: "listen fails with EOPNOTSUPP on a socket that cannot do it.",
        posix: "",
        outcome: Holds,
        why: "The errno speaks of the type of the socket: no socket of that \
              type will ever listen (listen(2)). A stream socket that cannot \
              listen in its present state gets EINVAL (LIS-53).",
        finds: &[
            ("UDP over IPv4", "EOPNOTSUPP"),
            ("AF_UNIX, SOCK_DGRAM", "EOPNOTSUPP"),
            ("netlink", "EOPNOTSUPP"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(sockets_that_cannot_listen),
    },
    Claim {
        id: "LIS-50",
        says: "Without bind before it, listen lets the kernel choose a port \
               on every address; a local socket gets an error.",
        posix: "A protocol that cannot listen on an unbound socket gives \
                EDESTADDRREQ (listen()).",
        outcome: Holds,
        why: "TCP takes a free port and the address 0.0.0.0 (ip(7)). For a \
              local socket Linux chooses no name here, and says EINVAL \
              (measured).",
        finds: &[
            ("TCP", "success"),
            ("its address", "0.0.0.0"),
            ("its port", "one that the kernel chose"),
            ("AF_UNIX", "EINVAL"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(listen_without_bind),
    },
    Claim {
        id: "LIS-51",
        says: "A second call of listen changes the length of the queue, and \
               nobody in the queue is lost.",
        posix: "",
        outcome: Holds,
        why: "The number is a field of the listening socket that is looked at \
              when a client comes; connections that are in the queue stay \
              there, also where they are more than fit now (measured).",
        finds: &[
            ("n in force after listen with 8", "8"),
            ("listen with 0, with three clients queued", "success"),
            ("n in force after listen with 0", "0"),
            ("clients that accept still gets", "3"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(listen_again),
    },
    Claim {
        id: "LIS-52",
        says: "listen fails with EADDRINUSE where another socket of the same \
               address listens.",
        posix: "listen() has no EADDRINUSE.",
        outcome: OnlyIf("the two do not share the address by SO_REUSEPORT"),
        why: "With SO_REUSEADDR on both, bind gives one port to two sockets \
              as long as neither listens; the second to listen is too late \
              (listen(2)). With SO_REUSEPORT on both, the two share the \
              clients (socket(7)).",
        finds: &[
            ("SO_REUSEADDR, both bind", "success"),
            ("SO_REUSEADDR, the first listens", "success"),
            ("SO_REUSEADDR, the second listens", "EADDRINUSE"),
            ("SO_REUSEPORT, both bind", "success"),
            ("SO_REUSEPORT, the first listens", "success"),
            ("SO_REUSEPORT, the second listens", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/restart.md",
        probe: probe!(two_listeners_on_one_port),
    },
    Claim {
        id: "LIS-53",
        says: "listen fails with EINVAL on a stream socket that is connected, \
               or about to be.",
        posix: "EINVAL: the socket is connected already (listen()).",
        outcome: Holds,
        why: "A socket is either an end of a connection or a place to wait \
              for some (measured).",
        finds: &[
            ("TCP, connected", "EINVAL"),
            ("TCP, the peer has closed", "EINVAL"),
            ("TCP, still connecting", "EINVAL"),
            ("AF_UNIX, connected", "EINVAL"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/listen.md",
        probe: probe!(connected_sockets),
    },
];

/// The four calls of a server, with accept once too early.
fn accept_before_listen(s: &mut Story) -> Result<()> {
    let server = scene::tcp()?;
    bind(server.as_raw_fd(), &scene::loopback(0))?;
    s.does("bind a TCP socket, and call accept on it");
    let early = sys::accept(&server);
    s.finds_result("TCP, accept before listen", early);
    listen(&server, Backlog::new(1)?)?;
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does(format_args!(
        "listen, and let a client connect to {address}"
    ));
    s.finds_result("TCP, accept after listen", sys::accept(&server));

    let server = scene::local(SockType::Stream)?;
    bind(server.as_raw_fd(), &UnixAddr::new_unnamed())?;
    s.does("the same with a local socket");
    let early = sys::accept(&server);
    s.finds_result("AF_UNIX, accept before listen", early);
    listen(&server, Backlog::new(1)?)?;
    let address: UnixAddr = getsockname(server.as_raw_fd())?;
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    s.finds_result("AF_UNIX, accept after listen", sys::accept(&server));
    Ok(())
}

/// A listening socket in `select` before, while and after a client waits.
fn select_and_the_listening_socket(s: &mut Story) -> Result<()> {
    let (at_once, patient) = (TimeVal::zero(), TimeVal::seconds(10));
    let (server, address) = scene::listener(1)?;
    s.does(format_args!("listen at {address}, and ask select"));
    s.finds("TCP, nobody has come", select_says(&server, at_once)?);
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does("a client connects");
    // The client may know of the connection a moment before the server.
    let said = select_says(&server, patient)?;
    s.finds("TCP, a client has connected", said);
    let _connection = sys::accept(&server)?;
    s.finds("TCP, accept has taken it", select_says(&server, at_once)?);

    let (server, address) = scene::local_listener(1)?;
    s.does("listen with a local socket, and ask select");
    s.finds("AF_UNIX, nobody has come", select_says(&server, at_once)?);
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    s.does("a client connects");
    let said = select_says(&server, patient)?;
    s.finds("AF_UNIX, a client has connected", said);
    let _connection = sys::accept(&server)?;
    s.finds(
        "AF_UNIX, accept has taken it",
        select_says(&server, at_once)?,
    );
    Ok(())
}

/// Two types without connections, and one more that has them.
fn connectionless_sockets(s: &mut Story) -> Result<()> {
    let udp = scene::udp()?;
    bind(udp.as_raw_fd(), &scene::loopback(0))?;
    s.does("bind a UDP socket and call listen");
    s.finds_result("UDP", listen(&udp, Backlog::new(1)?));
    let address: SockaddrIn = getsockname(udp.as_raw_fd())?;
    connect(udp.as_raw_fd(), &address)?;
    s.does("give it a peer with connect, and call listen");
    s.finds_result("UDP with a peer", listen(&udp, Backlog::new(1)?));
    for (label, kind) in [
        ("AF_UNIX, SOCK_DGRAM", SockType::Datagram),
        ("AF_UNIX, SOCK_SEQPACKET", SockType::SeqPacket),
    ] {
        let socket = scene::local(kind)?;
        bind(socket.as_raw_fd(), &UnixAddr::new_unnamed())?;
        s.does(format_args!("{label}: bind and listen"));
        s.finds_result(label, listen(&socket, Backlog::new(1)?));
    }
    Ok(())
}

/// What inetd does: it listens, and starts `cat` when a client has come.
fn started_by_a_client(s: &mut Story) -> Result<()> {
    let (inetd, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    let connected = connect(client.as_raw_fd(), &address);
    s.does(format_args!(
        "a client connects to {address}; no server runs"
    ));
    s.finds_result("connect, before the server is started", connected);
    send(client.as_raw_fd(), b"hello", MsgFlags::MSG_NOSIGNAL)?;
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    s.does("it sends hello, and its end of stream");
    let (connection, _) = sys::accept(&inetd)?;
    // The Command is dropped with the statement, and with it our descriptors
    // of the connection: only the server has some.
    let mut server = Command::new("cat")
        .stdin(Stdio::from(connection.try_clone()?))
        .stdout(Stdio::from(connection))
        .spawn()
        .context("start cat")?;
    s.does(format_args!(
        "start cat with the connection: pid {}",
        server.id()
    ));
    s.finds("what the server answered", read_all(&client)?);
    server.wait()?;
    Ok(())
}

/// Four listening sockets, and clients on another machine.
fn clients_from_another_machine(s: &mut Story) -> Result<()> {
    let (any, own) = (Ipv4Addr::UNSPECIFIED, Ipv4Addr::LOCALHOST);
    let open = listener_at(any)?;
    let local = listener_at(own)?;
    let device = listener_at(any)?;
    setsockopt(&device.0, sockopt::BindToDevice, &OsString::from("lo"))?;
    let filtered = listener_at(any)?;
    scene::drop_all_packets(&filtered.0)?;
    let ports = [&open, &local, &device, &filtered].map(|(_, at)| at.port());

    let (near, far) = (network::NEAR, network::FAR);
    s.does(format_args!(
        "lay a cable: {near} is this machine, {far} the other one"
    ));
    let results = from_another_machine(ports)?;
    let labels = [
        "other machine, bound to 0.0.0.0",
        "other machine, bound to 127.0.0.1",
        "other machine, bound to the device lo",
        "other machine, a filter that lets nothing in",
    ];
    for ((label, port), result) in labels.iter().zip(ports).zip(results) {
        s.does(format_args!(
            "there, a client without privileges connects to {near}:{port}"
        ));
        s.finds(label, result);
    }
    Ok(())
}

/// Two clients; the server wants only one of them.
fn turned_away_by_address(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(2)?;
    let (welcome, unwelcome) = (scene::tcp()?, scene::tcp()?);
    connect(welcome.as_raw_fd(), &address)?;
    // Every address that begins with 127 is this machine.
    let elsewhere = SockaddrIn::new(127, 0, 0, 2, 0);
    bind(unwelcome.as_raw_fd(), &elsewhere)?;
    let connected = connect(unwelcome.as_raw_fd(), &address);
    s.does(format_args!("two clients connect to {address}"));
    for label in [
        "address of the first client",
        "address of the second client",
    ] {
        let (connection, from) = sys::accept(&server)?;
        let from = from.as_sockaddr_in().context("an IPv4 address")?;
        s.finds(label, from.ip());
        if from.ip() == address.ip() {
            s.does("welcome it");
            let fd = connection.as_raw_fd();
            send(fd, b"welcome", MsgFlags::MSG_NOSIGNAL)?;
        } else {
            s.does("turn it away: close");
        }
        // Here the connection is closed.
    }
    s.finds_result("connect of the second client", connected);
    s.finds("what the first client reads", read_all(&welcome)?);
    let read = match read_all(&unwelcome)?.as_str() {
        "" => "end of stream".to_owned(),
        text => text.to_owned(),
    };
    s.finds("what the second client reads", read);
    Ok(())
}

/// One local socket with changing permission bits, and one without a file.
/// The client gives its privileges up, so that root measures the same.
fn permission_bits(s: &mut Story) -> Result<()> {
    let folder = scene::Folder::new()?;
    let path = folder.path().join("name");
    let address = UnixAddr::new(&path)?;
    let server = scene::local(SockType::Stream)?;
    bind(server.as_raw_fd(), &address)?;
    listen(&server, Backlog::new(8)?)?;
    for (label, bits) in [("write bit", 0o200), ("read bit alone", 0o400)] {
        fs::set_permissions(&path, Permissions::from_mode(bits))?;
        s.does(format_args!("chmod {bits:o} {}, connect", path.display()));
        s.finds(label, connect_without_privileges(address)?);
    }
    fs::set_permissions(&path, Permissions::from_mode(0o200))?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o600))?;
    s.does("chmod 200 for the file, 600 for its folder, connect");
    let result = connect_without_privileges(address)?;
    s.finds("folder without search bit", result);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700))?;

    let (_server, abstract_name) = scene::local_listener(1)?;
    s.does(format_args!("connect to the abstract name {abstract_name}"));
    let result = connect_without_privileges(abstract_name)?;
    s.finds("abstract name, which has no file", result);
    Ok(())
}

/// The bare number that the C function gives back.
fn what_listen_returns(s: &mut Story) -> Result<()> {
    let tcp = scene::tcp()?;
    bind(tcp.as_raw_fd(), &scene::loopback(0))?;
    s.does("listen on a TCP socket");
    s.finds("TCP", bare_listen(tcp.as_raw_fd(), 1));
    let local = scene::local(SockType::Stream)?;
    bind(local.as_raw_fd(), &UnixAddr::new_unnamed())?;
    s.does("listen on a local socket");
    s.finds("AF_UNIX", bare_listen(local.as_raw_fd(), 1));
    let udp = scene::udp()?;
    s.does("listen on a UDP socket");
    s.finds("UDP", bare_listen(udp.as_raw_fd(), 1));
    Ok(())
}

/// Clients connect to a server that never calls accept, until one of them
/// does not fit.
fn how_many_fit(s: &mut Story) -> Result<()> {
    for n in [0, 1, 5] {
        let (server, address) = scene::listener(n)?;
        let clients = scene::fill_accept_queue(&server, &address)?;
        s.does(format_args!(
            "listen at {address} with {n}, let clients come"
        ));
        s.finds(&format!("TCP, n = {n}"), clients.len());
    }
    for n in [0, 1, 5] {
        let (_server, address) = scene::local_listener(n)?;
        let clients = scene::fill_local_accept_queue(&address)?;
        s.does(format_args!("listen at a local name with {n}, the same"));
        s.finds(&format!("AF_UNIX, n = {n}"), clients.len());
    }
    Ok(())
}

/// One client fills a queue of n = 0; two more meet it full.
fn one_client_too_many(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(0)?;
    let _queued = scene::fill_accept_queue(&server, &address)?;
    s.does(format_args!("listen at {address} with 0, fill the queue"));

    let before = sys::accept_queue(&server)?.dropped;
    let mut call = Call::make(move || {
        let client = scene::tcp().map_err(|_| Errno::EMFILE)?;
        connect(client.as_raw_fd(), &address)
    })?;
    s.does("a client calls connect, which may wait");
    let syn = what_became_of_a_syn(&server, before, || {
        Ok(call.state(libc::SYS_connect)? == State::Returned)
    })?;
    s.finds("SYN of a blocking client", syn);
    s.finds("its connect", call.state(libc::SYS_connect)?);

    // Another server: the first client goes on asking, and would be counted.
    let (server, address) = scene::listener(0)?;
    let _queued = scene::fill_accept_queue(&server, &address)?;
    let before = sys::accept_queue(&server)?.dropped;
    let client = scene::tcp_nonblocking()?;
    setsockopt(&client, sockopt::TcpUserTimeout, &100)?;
    let result = connect(client.as_raw_fd(), &address);
    s.does(format_args!("another one does not wait, at {address}"));
    let syn = what_became_of_a_syn(&server, before, || is_decided(&client))?;
    s.finds("SYN of a non-blocking client", syn);
    s.finds_result("its connect, non-blocking", result);
    s.finds(
        "how its attempt ends",
        scene::name(scene::until_attempt_ends(&client)?),
    );
    Ok(())
}

/// Two clients meet a full queue: one with a SYN, and one with the last
/// packet of a handshake that began when there was room.
fn abort_on_overflow(s: &mut Story) -> Result<()> {
    for value in ["0", "1"] {
        scene::set("net/ipv4/tcp_abort_on_overflow", value)?;
        s.does(format_args!("tcp_abort_on_overflow = {value}"));
        let (server, address) = scene::listener(0)?;
        let _queued = scene::fill_accept_queue(&server, &address)?;
        let before = sys::accept_queue(&server)?.dropped;
        let client = scene::tcp_nonblocking()?;
        let result = connect(client.as_raw_fd(), &address);
        let syn =
            what_became_of_a_syn(&server, before, || is_decided(&client))?;
        s.does("the queue is full, a client connects");
        s.finds(&format!("{value}: SYN of the next client"), syn);
        s.finds_result(&format!("{value}: its connect"), result);

        // A connection of this socket goes into the queue with its first
        // byte; until then the server's kernel has half of it.
        let (server, address) = scene::listener(0)?;
        defer_accept(&server)?;
        let (half, whole) = (scene::tcp()?, scene::tcp()?);
        connect(half.as_raw_fd(), &address)?;
        connect(whole.as_raw_fd(), &address)?;
        send(whole.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL)?;
        scene::until_queued(&server, 1)?;
        s.does("two clients connect; the byte of one fills the queue");
        let before = sys::accept_queue(&server)?.dropped;
        send(half.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL)?;
        s.does("the other one sends its byte");
        scene::until("its byte at the full queue", || {
            let dropped = sys::accept_queue(&server)?.dropped > before;
            Ok((dropped || has_heard(&half)?).then_some(()))
        })?;
        sys::accept(&server)?;
        s.does("accept takes the first one out of the queue");
        let became = scene::until("a place, or an end", || {
            if has_heard(&half)? {
                let read = recv(half.as_raw_fd(), &mut [0], MsgFlags::empty());
                return Ok(Some(scene::name(read)));
            }
            let queued = sys::accept_queue(&server)?.waiting == 1;
            Ok(queued.then(|| "waits for a place".to_owned()))
        })?;
        let label = format!("{value}: client that was half in the queue");
        s.finds(&label, became);
    }
    Ok(())
}

/// The queue of a local socket holds one client; others meet it full.
fn one_local_client_too_many(s: &mut Story) -> Result<()> {
    let (server, address) = scene::local_listener(0)?;
    let _queued = scene::fill_local_accept_queue(&address)?;
    s.does("listen at a local name with 0, fill the queue");
    let waiting = scene::local(SockType::Stream)?;
    let fd = waiting.as_raw_fd();
    let mut call = Call::make(move || connect(fd, &address))?;
    s.does("a client calls connect, which may wait");
    s.finds("blocking", call.state(libc::SYS_connect)?);

    let client = scene::local_nonblocking(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &address);
    s.does("another one does not wait");
    s.finds_result("non-blocking", result);

    let packets = scene::local(SockType::SeqPacket)?;
    bind(packets.as_raw_fd(), &UnixAddr::new_unnamed())?;
    listen(&packets, Backlog::new(0)?)?;
    let name: UnixAddr = getsockname(packets.as_raw_fd())?;
    let first = scene::local_nonblocking(SockType::SeqPacket)?;
    connect(first.as_raw_fd(), &name)?;
    let second = scene::local_nonblocking(SockType::SeqPacket)?;
    let result = connect(second.as_raw_fd(), &name);
    s.does("two clients of a SOCK_SEQPACKET socket with n = 0");
    s.finds_result("SOCK_SEQPACKET, non-blocking", result);

    let limited = scene::local(SockType::Stream)?;
    let limit = TimeVal::milliseconds(50);
    setsockopt(&limited, sockopt::SendTimeout, &limit)?;
    s.does("a client with SO_SNDTIMEO of 50 ms");
    let result = connect(limited.as_raw_fd(), &address);
    s.finds_result("with a time limit of 50 ms", result);

    drop(server);
    s.does("the server closes; the first client still waited");
    s.finds_result("blocking, the server closes", call.result()?);
    Ok(())
}

/// Clients that wait for a place, and what lets them in.
fn what_makes_room(s: &mut Story) -> Result<()> {
    // Both TCP clients at once: each of them waits for 1 s.
    let (first, first_at) = scene::listener(0)?;
    let (second, second_at) = scene::listener(0)?;
    let queued = scene::fill_accept_queue(&first, &first_at)?;
    let _queued = scene::fill_accept_queue(&second, &second_at)?;
    let mut waiting = Vec::new();
    for (server, address) in [(&first, &first_at), (&second, &second_at)] {
        let before = sys::accept_queue(server)?.dropped;
        let client = scene::tcp_nonblocking()?;
        let begun = connect(client.as_raw_fd(), address);
        ensure!(begun == Err(Errno::EINPROGRESS), "connect: {begun:?}");
        scene::until_dropped(server, before)?;
        waiting.push(client);
    }
    s.does("two TCP servers with n = 0, two clients that do not fit");
    let left: SockaddrIn = getsockname(queued[0].as_raw_fd())?;
    drop(queued);
    scene::until_tcp_state(&first_at, &left, Some(CLOSE_WAIT))?;
    let taken = sys::accept_queue(&first)?.waiting;
    s.does("the client in the queue of the first one closes");
    s.finds("TCP, places taken after a queued client has closed", taken);
    let _taken = sys::accept(&first)?;
    listen(&second, Backlog::new(1)?)?;
    s.does("the first server calls accept, the second listen with 1");
    let results = [
        scene::until_attempt_ends(&waiting[0])?,
        scene::until_attempt_ends(&waiting[1])?,
    ];
    s.finds_result("TCP, waiting client after accept", results[0]);
    let label = "TCP, waiting client after listen with n + 1";
    s.finds_result(label, results[1]);

    let (server, address) = scene::local_listener(0)?;
    let _queued = scene::fill_local_accept_queue(&address)?;
    let one = waiting_local_client(address)?;
    s.does("a local server with n = 0, a client sleeps in connect");
    let _taken = sys::accept(&server)?;
    s.does("the server calls accept");
    let result = one.result()?;
    s.finds("AF_UNIX, waiting client after accept", scene::name(result));
    let other = waiting_local_client(address)?;
    listen(&server, Backlog::new(1)?)?;
    s.does("another client sleeps; the server calls listen with 1");
    let label = "AF_UNIX, waiting client after listen with n + 1";
    s.finds_result(label, other.result()?);
    Ok(())
}

/// A small limit, and a backlog far above it.
fn the_systems_limit(s: &mut Story) -> Result<()> {
    scene::set("net/core/somaxconn", "3")?;
    s.does("somaxconn = 3, listen with 100");
    let server = scene::tcp()?;
    bind(server.as_raw_fd(), &scene::loopback(0))?;
    let result = listen(&server, Backlog::new(100)?);
    s.finds_result("listen with n = 100, somaxconn = 3", result);
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    let fit = scene::fill_accept_queue(&server, &address)?.len();
    s.finds("TCP, clients that fit", fit);
    let (_server, address) = scene::local_listener(100)?;
    s.finds(
        "AF_UNIX, clients that fit",
        scene::fill_local_accept_queue(&address)?.len(),
    );
    scene::set("net/core/somaxconn", "50")?;
    let in_force = sys::accept_queue(&server)?.backlog;
    s.does("somaxconn = 50");
    s.finds("n in force, somaxconn = 50 afterwards", in_force);
    listen(&server, Backlog::new(100)?)?;
    let in_force = sys::accept_queue(&server)?.backlog;
    s.does("listen with 100 again");
    s.finds("n in force, listen with n = 100 again", in_force);
    Ok(())
}

/// The type of the argument, and what -1 comes to.
fn a_negative_backlog(s: &mut Story) -> Result<()> {
    s.does("look at the function's type in the libc crate");
    s.finds("type in the libc crate", type_of_second(libc::listen));
    let server = scene::tcp()?;
    bind(server.as_raw_fd(), &scene::loopback(0))?;
    s.does("listen with -1");
    s.finds_result("listen with -1", listen(&server, Backlog::MAXALLOWABLE));
    let in_force = sys::accept_queue(&server)?.backlog;
    let limit = scene::setting("net/core/somaxconn")?;
    s.does(format_args!("in force: {in_force}; somaxconn: {limit}"));
    let label = "n in force is net.core.somaxconn";
    s.finds(label, scene::yes_no(limit == in_force.to_string()));
    Ok(())
}

/// Numbers under which no open file can be listened on.
fn no_descriptor(s: &mut Story) -> Result<()> {
    s.does("listen on -1");
    s.finds("-1", errno_of_listen(-1));
    let closed = scene::tcp()?;
    let number = closed.as_raw_fd();
    drop(closed);
    s.does(format_args!("listen on {number}, which has been closed"));
    s.finds("a number that was closed", errno_of_listen(number));
    let path = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH)
        .open("/proc/self/exe")?;
    s.does("listen on a descriptor that was opened with O_PATH");
    s.finds("O_PATH", errno_of_listen(path.as_raw_fd()));
    Ok(())
}

/// A pipe and a file are descriptors, and no sockets.
fn no_socket(s: &mut Story) -> Result<()> {
    let (pipe, _writer) = nix::unistd::pipe()?;
    s.does("listen on a pipe");
    s.finds_result("a pipe", listen(&pipe, Backlog::new(1)?));
    let file = fs::File::open("/proc/self/exe")?;
    s.does("listen on a regular file");
    s.finds_result("a regular file", listen(&file, Backlog::new(1)?));
    Ok(())
}

/// Sockets of types that know no connections.
fn sockets_that_cannot_listen(s: &mut Story) -> Result<()> {
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    for (label, socket) in [
        ("UDP over IPv4", scene::udp()?),
        ("AF_UNIX, SOCK_DGRAM", scene::local(SockType::Datagram)?),
        ("netlink", netlink),
    ] {
        s.does(format_args!("listen on a socket: {label}"));
        s.finds_result(label, listen(&socket, Backlog::new(1)?));
    }
    Ok(())
}

/// A TCP socket and a local one, both without an address.
fn listen_without_bind(s: &mut Story) -> Result<()> {
    let server = scene::tcp()?;
    s.does("listen on a TCP socket that nobody has bound");
    s.finds_result("TCP", listen(&server, Backlog::new(1)?));
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    s.does(format_args!("getsockname: {address}"));
    s.finds("its address", address.ip());
    let port = match address.port() {
        0 => "none",
        _ => "one that the kernel chose",
    };
    s.finds("its port", port);
    let server = scene::local(SockType::Stream)?;
    s.does("listen on a local socket that nobody has bound");
    s.finds_result("AF_UNIX", listen(&server, Backlog::new(1)?));
    Ok(())
}

/// A longer queue becomes a shorter one, with clients in it.
fn listen_again(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(8)?;
    let in_force = sys::accept_queue(&server)?.backlog;
    s.does(format_args!("listen at {address} with 8"));
    s.finds("n in force after listen with 8", in_force);
    let mut clients = Vec::new();
    for _ in 0..3 {
        let client = scene::tcp()?;
        connect(client.as_raw_fd(), &address)?;
        clients.push(client);
    }
    scene::until_queued(&server, 3)?;
    s.does("three clients connect, then listen with 0");
    let result = listen(&server, Backlog::new(0)?);
    s.finds_result("listen with 0, with three clients queued", result);
    let in_force = sys::accept_queue(&server)?.backlog;
    s.finds("n in force after listen with 0", in_force);
    let mut taken = Vec::new();
    while sys::accept_queue(&server)?.waiting > 0 {
        taken.push(sys::accept(&server)?);
    }
    s.does("accept until the queue is empty");
    s.finds("clients that accept still gets", taken.len());
    Ok(())
}

/// Two sockets are bound to one port, which two options allow.
fn two_listeners_on_one_port(s: &mut Story) -> Result<()> {
    for option in ["SO_REUSEADDR", "SO_REUSEPORT"] {
        let (first, second) = (scene::tcp()?, scene::tcp()?);
        for socket in [&first, &second] {
            if option == "SO_REUSEADDR" {
                setsockopt(socket, sockopt::ReuseAddr, &true)?;
            } else {
                setsockopt(socket, sockopt::ReusePort, &true)?;
            }
        }
        bind(first.as_raw_fd(), &scene::loopback(0))?;
        let address: SockaddrIn = getsockname(first.as_raw_fd())?;
        let bound = bind(second.as_raw_fd(), &address);
        s.does(format_args!("{option}: bind two sockets to {address}"));
        s.finds_result(&format!("{option}, both bind"), bound);
        let result = listen(&first, Backlog::new(1)?);
        s.finds_result(&format!("{option}, the first listens"), result);
        let result = listen(&second, Backlog::new(1)?);
        s.finds_result(&format!("{option}, the second listens"), result);
    }
    Ok(())
}

/// Stream sockets that are an end of a connection.
fn connected_sockets(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    s.does("listen on both ends of a TCP connection in turn");
    let result = listen(&client, Backlog::new(1)?);
    s.finds_result("TCP, connected", result);
    drop(server);
    // 0: the peer's end of stream is here.
    recv(client.as_raw_fd(), &mut [0], MsgFlags::empty())?;
    s.does("the peer closes");
    let result = listen(&client, Backlog::new(1)?);
    s.finds_result("TCP, the peer has closed", result);

    let (server, address) = scene::listener(0)?;
    let _queued = scene::fill_accept_queue(&server, &address)?;
    let client = scene::tcp_nonblocking()?;
    let begun = connect(client.as_raw_fd(), &address);
    ensure!(begun == Err(Errno::EINPROGRESS), "connect: {begun:?}");
    s.does("a client meets a full queue, and calls listen meanwhile");
    let result = listen(&client, Backlog::new(1)?);
    s.finds_result("TCP, still connecting", result);

    let (one, _other) = scene::local_pair()?;
    s.does("listen on one end of a local connection");
    s.finds_result("AF_UNIX, connected", listen(&one, Backlog::new(1)?));
    Ok(())
}

/// Whether this kernel drops the SYN that it gets now, or the client hears
/// yes or no.
fn what_became_of_a_syn(
    server: &OwnedFd,
    before: u32,
    mut decided: impl FnMut() -> Result<bool>,
) -> Result<&'static str> {
    scene::until("the end of a SYN", || {
        if sys::accept_queue(server)?.dropped > before {
            return Ok(Some("dropped"));
        }
        Ok(decided()?.then_some("answered"))
    })
}

/// Whether the attempt of a non-blocking client has an end.
fn is_decided(client: &OwnedFd) -> Result<bool> {
    let mut wanted = [PollFd::new(client.as_fd(), PollFlags::POLLOUT)];
    Ok(poll(&mut wanted, PollTimeout::ZERO)? == 1)
}

/// Whether `recv` would not wait: for an end of stream or an error, where
/// nobody sends.
fn has_heard(client: &OwnedFd) -> Result<bool> {
    let mut wanted = [PollFd::new(client.as_fd(), PollFlags::POLLIN)];
    Ok(poll(&mut wanted, PollTimeout::ZERO)? == 1)
}

/// A local client that sleeps in `connect`.
fn waiting_local_client(address: UnixAddr) -> Result<Sleeper<nix::Result<()>>> {
    let client = scene::local(SockType::Stream)?;
    Sleeper::start(libc::SYS_connect, move || {
        connect(client.as_raw_fd(), &address)
    })
}

/// The code of CLOSE-WAIT, from the kernel's `tcp_states.h`.
const CLOSE_WAIT: &str = "08";

/// What `select` says of a socket, within this time.
fn select_says(socket: &OwnedFd, mut limit: TimeVal) -> Result<&'static str> {
    let mut readable = FdSet::new();
    readable.insert(socket.as_fd());
    let ready = select(None, &mut readable, None, None, &mut limit)?;
    Ok(if ready == 1 { "ready" } else { "not ready" })
}

/// Reads to the end of stream.
fn read_all(socket: &OwnedFd) -> Result<String> {
    let limit = TimeVal::seconds(10);
    setsockopt(socket, sockopt::ReceiveTimeout, &limit)?;
    let (mut all, mut bytes) = (Vec::new(), [0; 64]);
    loop {
        let count = recv(socket.as_raw_fd(), &mut bytes, MsgFlags::empty())
            .context("recv")?;
        if count == 0 {
            return Ok(String::from_utf8(all)?);
        }
        all.extend_from_slice(&bytes[..count]);
    }
}

/// `listen` on any number: what it gives back, and the errno of a failure.
fn bare_listen(fd: RawFd, n: c_int) -> String {
    Errno::clear();
    // SAFETY: two numbers, and the kernel checks both.
    #[expect(unsafe_code, reason = "nix takes no number that is none")]
    let result = unsafe { libc::listen(fd, n) };
    match result {
        -1 => format!("-1 and {:?}", Errno::last()),
        number => number.to_string(),
    }
}

/// The errno of `listen` on any number.
fn errno_of_listen(fd: RawFd) -> String {
    bare_listen(fd, 1).replace("-1 and ", "")
}

/// The type of a C function's second argument.
fn type_of_second<A, B, R>(_: unsafe extern "C" fn(A, B) -> R) -> &'static str {
    type_name::<B>()
}

/// Keeps a connection out of the queue until its first byte is here, for up
/// to 30 s.
fn defer_accept(server: &OwnedFd) -> Result<()> {
    let (level, option) = (libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT);
    scene::set_number(server, level, option, 30).context("TCP_DEFER_ACCEPT")
}

/// How `connect` ends in a thread that has given up every capability.
fn connect_without_privileges(address: UnixAddr) -> Result<String> {
    let client = thread::spawn(move || {
        give_up_capabilities()?;
        let client = scene::local(SockType::Stream)?;
        Ok(scene::name(connect(client.as_raw_fd(), &address)))
    });
    client.join().ok().context("the client's thread")?
}

/// Makes the calling thread, and no other, an ordinary one, whoever its user
/// is: capset(2).
fn give_up_capabilities() -> Result<()> {
    // Version 3, this thread; three sets of 64 bits, all empty.
    let (mut header, none) = ([0x2008_0522_u32, 0], [0_u32; 6]);
    // SAFETY: both have the layout and the size of the call's structures, and
    // the kernel writes at most the version.
    #[expect(unsafe_code, reason = "nix has no call for it")]
    let result = unsafe {
        libc::syscall(libc::SYS_capset, header.as_mut_ptr(), none.as_ptr())
    };
    Errno::result(result).map(drop).context("capset")
}

/// A TCP socket that listens at this address.
fn listener_at(host: Ipv4Addr) -> Result<(OwnedFd, SockaddrIn)> {
    let server = scene::tcp()?;
    let address = SocketAddrV4::new(host, 0);
    bind(server.as_raw_fd(), &SockaddrIn::from(address))?;
    listen(&server, Backlog::new(1)?)?;
    let address = getsockname(server.as_raw_fd())?;
    Ok((server, address))
}

/// How `connect` ends towards these ports of this machine, for clients without
/// privileges on another one.
fn from_another_machine(ports: [u16; 4]) -> Result<[String; 4]> {
    let far = network::cabled()?;
    // Made with privileges, for only root goes to another network; a socket
    // stays where it was made.
    let clients = far.on(|| {
        let clients = [(); 4].map(|()| scene::tcp());
        clients.into_iter().collect::<Result<Vec<_>>>()
    })?;
    // The last one is the filter's: nobody answers. It gives up after about
    // 1 s.
    setsockopt(&clients[3], sockopt::TcpUserTimeout, &100)?;
    let connected = thread::spawn(move || -> Result<[String; 4]> {
        give_up_capabilities()?;
        let mut results = ports.map(|_| String::new());
        for ((client, port), result) in
            clients.iter().zip(ports).zip(&mut results)
        {
            let server = network::at(network::NEAR, port);
            *result = scene::name(connect(client.as_raw_fd(), &server));
        }
        Ok(results)
    });
    connected.join().ok().context("the clients' thread")?
}
