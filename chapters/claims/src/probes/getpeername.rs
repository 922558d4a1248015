//! Claims about `getpeername`.

use std::fs;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;

use anyhow::{Result, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockProtocol,
    SockType, SockaddrIn, SockaddrIn6, SockaddrStorage, UnixAddr, bind,
    connect, getpeername, getsockname, listen, recv, send, setsockopt,
    shutdown, socket, sockopt,
};

use crate::Outcome::{CannotBeProvoked, Holds, OnlyIf};
use crate::scene;
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("getpeername.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "GPN-01",
        says: "getpeername tells the peer's address and stores how long it is.",
        posix: "",
        outcome: OnlyIf(
            "the peer has an address: a local socket that nobody has bound \
             has none, and two bytes come, a family without a name",
        ),
        why: "connect gives a TCP client an address, but gives none to a \
              local one (unix(7)). If there is too little room, the kernel \
              fills it and stores the length of the whole address \
              (getpeername(2)).",
        finds: &[
            ("TCP, the client asks, the server's address", "yes"),
            ("TCP, the server asks, the client's address", "yes"),
            ("TCP, length", "16"),
            ("TCP, length with room for 4 bytes", "16"),
            ("AF_UNIX, the client asks, the server's name", "yes"),
            ("AF_UNIX, the server asks, length", "2"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/getpeername.md",
        probe: probe!(address_and_length),
    },
    Claim {
        id: "GPN-02",
        says: "On some systems getpeername serves the Internet domain only.",
        posix: "",
        outcome: CannotBeProvoked(
            "calls on local sockets of all three types and on a netlink \
             socket; each of them got an answer.",
        ),
        why: "Linux leaves the answer to each family, and these families give \
              one (measured).",
        finds: &[
            ("AF_UNIX, SOCK_STREAM", "success"),
            ("AF_UNIX, SOCK_SEQPACKET", "success"),
            ("AF_UNIX, SOCK_DGRAM", "success"),
            ("netlink", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/getpeername.md",
        probe: probe!(other_domains),
    },
    Claim {
        id: "GPN-03",
        says: "getpeername fails with EBADF where the descriptor is not \
               valid.",
        posix: "",
        outcome: Holds,
        why: "The process has no open file under that number, or one that is \
              good for a few other calls only (getpeername(2), open(2) for \
              O_PATH).",
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
        id: "GPN-04",
        says: "getpeername fails with ENOTSOCK on a descriptor that is no \
               socket.",
        posix: "",
        outcome: Holds,
        why: "The kernel finds an open file of another kind under that number \
              (getpeername(2)). A program that asks about descriptor 0 learns \
              in this way whether it was started with a connection.",
        finds: &[("a pipe", "ENOTSOCK"), ("a regular file", "ENOTSOCK")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/review.md",
        probe: probe!(no_socket),
    },
    Claim {
        id: "GPN-05",
        says: "getpeername fails with ENOTCONN where the socket is not \
               connected.",
        posix: "",
        outcome: Holds,
        why: "The kernel has no peer on record for such a socket \
              (getpeername(2)). That includes a listening socket, which has \
              clients but no peer, and one whose connect has not ended. A \
              netlink socket is never without a peer: it begins with the \
              kernel as its peer (GPN-02).",
        finds: &[
            ("TCP, new", "ENOTCONN"),
            ("TCP, listening", "ENOTCONN"),
            ("TCP, still connecting", "ENOTCONN"),
            ("UDP, no peer", "ENOTCONN"),
            ("AF_UNIX, new", "ENOTCONN"),
            ("AF_UNIX, listening", "ENOTCONN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/peer-gone.md",
        probe: probe!(sockets_without_a_peer),
    },
    Claim {
        id: "GPN-06",
        says: "getpeername fails with ENOBUFS where the system has no buffers \
               for it.",
        posix: "",
        outcome: CannotBeProvoked(
            "calls in a process that gets no further descriptor, on \
             connections whose send queues are full.",
        ),
        why: "The kernel copies the address out of its record of the \
              connection; for TCP and local sockets the call came through \
              without either (measured). getpeername(2) lists ENOBUFS.",
        finds: &[
            ("a further descriptor", "EMFILE"),
            ("TCP, send queue", "full"),
            ("TCP, getpeername", "success"),
            ("AF_UNIX, send queue", "full"),
            ("AF_UNIX, getpeername", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/review.md",
        probe: probe!(without_resources),
    },
    Claim {
        id: "GPN-07",
        says: "getpeername gives back 0 where it succeeds and -1 where it \
               fails.",
        posix: "",
        outcome: Holds,
        why: "It is the convention of most system calls (getpeername(2)). nix \
              turns the -1 into an Err with the errno.",
        finds: &[
            ("TCP", "0"),
            ("AF_UNIX", "0"),
            ("TCP, not connected", "-1 and ENOTCONN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/getpeername.md",
        probe: probe!(what_getpeername_returns),
    },
    Claim {
        id: "GPN-50",
        says: "On an IPv6 socket, a client that came by IPv4 has an \
               IPv4-mapped IPv6 address.",
        posix: "",
        outcome: Holds,
        why: "A socket bound to [::] takes clients of both families where \
              IPV6_V6ONLY is off, but it can tell IPv6 addresses only \
              (ipv6(7); RFC 4291, section 2.5.5.2). The client knows nothing \
              of it.",
        finds: &[
            ("client that came by IPv6", "::1"),
            ("client that came by IPv4", "::ffff:127.0.0.1"),
            ("length for that one", "28"),
            ("what that client sees of the server", "127.0.0.1"),
        ],
        seen: &["Linux 6.18"],
        needs: &["ipv6"],
        page: "04-getpeername/getpeername.md",
        probe: probe!(mapped_addresses),
    },
    Claim {
        id: "GPN-51",
        says: "The address stays when the peer has closed, and goes when the \
               peer has reset the connection.",
        posix: "",
        outcome: OnlyIf(
            "the connection is TCP's: a local socket keeps its peer's address \
             in both cases",
        ),
        why: "The kernel answers from its own record, which a TCP connection \
              keeps until it is over. After an end of stream one direction is \
              still open; a reset ends both (RFC 9293, 3.5.2 and 3.6).",
        finds: &[
            ("TCP, the peer has closed", "the same address"),
            ("TCP, the peer has reset", "ENOTCONN"),
            ("AF_UNIX, the peer has closed", "success"),
            ("AF_UNIX, the peer has closed with bytes unread", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/peer-gone.md",
        probe: probe!(after_the_peer),
    },
    Claim {
        id: "GPN-52",
        says: "After shutdown of both directions getpeername still answers, \
               until the peer has closed too.",
        posix: "EINVAL: the socket has been shut down (getpeername()).",
        outcome: OnlyIf(
            "the connection is TCP's: on a local socket it answers after \
             that, too",
        ),
        why: "shutdown ends the sending, and the TCP connection is over when \
              the peer's end of stream has come as well; then Linux says \
              ENOTCONN (measured). It has no EINVAL here.",
        finds: &[
            ("TCP, after shutdown", "success"),
            ("TCP, the peer has closed too", "ENOTCONN"),
            ("AF_UNIX, after shutdown", "success"),
            ("AF_UNIX, the peer has closed too", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/review.md",
        probe: probe!(after_shutdown),
    },
    Claim {
        id: "GPN-53",
        says: "An answer is no sign that anybody is there: a UDP socket tells \
               the address that connect was given.",
        posix: "",
        outcome: Holds,
        why: "connect on a UDP socket stores an address and sends nothing \
              (connect(2)). The record stays even when the other kernel has \
              said that nobody is at that port (measured).",
        finds: &[
            ("connect to a port that nobody has", "success"),
            ("getpeername", "that address"),
            ("recv, after a send", "ECONNREFUSED"),
            ("getpeername after that", "that address"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "04-getpeername/peer-gone.md",
        probe: probe!(nobody_there),
    },
];

/// Both ends of a connection are asked for the other one.
fn address_and_length(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let (asks, asked) = (client.as_raw_fd(), server.as_raw_fd());
    let peer: SockaddrIn = getpeername(asks)?;
    s.does(format_args!("a client asks who its server is: {peer}"));
    let same = peer == getsockname(asked)?;
    s.finds(
        "TCP, the client asks, the server's address",
        scene::yes_no(same),
    );
    let peer: SockaddrIn = getpeername(asked)?;
    s.does(format_args!("the server asks who its client is: {peer}"));
    let same = peer == getsockname(asks)?;
    s.finds(
        "TCP, the server asks, the client's address",
        scene::yes_no(same),
    );
    s.finds("TCP, length", bare_getpeername(asked, 128).length);
    let cut = bare_getpeername(asked, 4);
    s.finds("TCP, length with room for 4 bytes", cut.length);

    let (server, name) = scene::local_listener(1)?;
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &name)?;
    let (connection, _) = sys::accept(&server)?;
    s.does(format_args!("a local client connects to {name}; both ask"));
    let peer: UnixAddr = getpeername(client.as_raw_fd())?;
    let label = "AF_UNIX, the client asks, the server's name";
    s.finds(label, scene::yes_no(peer == name));
    let answer = bare_getpeername(connection.as_raw_fd(), 128);
    s.finds("AF_UNIX, the server asks, length", answer.length);
    Ok(())
}

/// Connected sockets of other domains.
fn other_domains(s: &mut Story) -> Result<()> {
    for (label, kind) in [
        ("AF_UNIX, SOCK_STREAM", SockType::Stream),
        ("AF_UNIX, SOCK_SEQPACKET", SockType::SeqPacket),
        ("AF_UNIX, SOCK_DGRAM", SockType::Datagram),
    ] {
        let (one, _other) = scene::local_pair_of(kind)?;
        s.does(format_args!("a pair of sockets: {label}"));
        s.finds_result(label, peer(&one));
    }
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    s.does("a netlink socket, whose peer is the kernel");
    s.finds_result("netlink", peer(&netlink));
    Ok(())
}

/// Numbers under which there is nobody to ask about.
fn no_descriptor(s: &mut Story) -> Result<()> {
    s.does("getpeername of -1");
    s.finds_result("-1", getpeername::<SockaddrStorage>(-1));
    let closed = scene::tcp()?;
    let number = closed.as_raw_fd();
    drop(closed);
    s.does(format_args!(
        "getpeername of {number}, which has been closed"
    ));
    let result = getpeername::<SockaddrStorage>(number);
    s.finds_result("a number that was closed", result);
    let path: OwnedFd = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH)
        .open("/proc/self/exe")?
        .into();
    s.does("getpeername of a descriptor that was opened with O_PATH");
    s.finds_result("O_PATH", peer(&path));
    Ok(())
}

/// A pipe and a file are descriptors, and no sockets.
fn no_socket(s: &mut Story) -> Result<()> {
    let (pipe, _writer) = nix::unistd::pipe()?;
    s.does("getpeername of a pipe");
    s.finds_result("a pipe", peer(&pipe));
    let file: OwnedFd = fs::File::open("/proc/self/exe")?.into();
    s.does("getpeername of a regular file");
    s.finds_result("a regular file", peer(&file));
    Ok(())
}

/// Sockets that have no peer, or none yet.
fn sockets_without_a_peer(s: &mut Story) -> Result<()> {
    let (listening, address) = scene::listener(0)?;
    let _queued = scene::fill_accept_queue(&listening, &address)?;
    let connecting = scene::tcp_nonblocking()?;
    let begun = connect(connecting.as_raw_fd(), &address);
    ensure!(begun == Err(Errno::EINPROGRESS), "connect: {begun:?}");
    let bound = scene::udp()?;
    bind(bound.as_raw_fd(), &scene::loopback(0))?;
    let (local_listening, _) = scene::local_listener(1)?;
    for (label, socket) in [
        ("TCP, new", scene::tcp()?),
        ("TCP, listening", listening),
        ("TCP, still connecting", connecting),
        ("UDP, no peer", bound),
        ("AF_UNIX, new", scene::local(SockType::Stream)?),
        ("AF_UNIX, listening", local_listening),
    ] {
        let number = socket.as_raw_fd();
        s.does(format_args!("getpeername({number}): {label}"));
        s.finds_result(label, peer(&socket));
    }
    Ok(())
}

/// Two connections with full send queues, in a process that gets no further
/// descriptor. A limit of memory would end its other threads.
fn without_resources(s: &mut Story) -> Result<()> {
    let (tcp, _server) = scene::tcp_pair()?;
    let (local, _other) = scene::local_pair()?;
    scene::fill_send_buffer(&tcp)?;
    scene::fill_send_buffer(&local)?;
    s.does("send on a TCP and a local connection until nothing fits");

    let numbers = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, 0, numbers.1)?;
    let descriptor = nix::unistd::dup(&tcp);
    let answers = [peer(&tcp), peer(&local)];
    setrlimit(Resource::RLIMIT_NOFILE, numbers.0, numbers.1)?;

    s.does("RLIMIT_NOFILE = 0, getpeername of both");
    s.finds_result("a further descriptor", descriptor);
    s.finds("TCP, send queue", "full");
    s.finds_result("TCP, getpeername", answers[0]);
    s.finds("AF_UNIX, send queue", "full");
    s.finds_result("AF_UNIX, getpeername", answers[1]);
    Ok(())
}

/// The bare number that the C function gives back.
fn what_getpeername_returns(s: &mut Story) -> Result<()> {
    let (client, _server) = scene::tcp_pair()?;
    s.does("getpeername of a TCP client");
    s.finds("TCP", bare_getpeername(client.as_raw_fd(), 128).result);
    let (one, _other) = scene::local_pair()?;
    s.does("getpeername of one of a local pair");
    s.finds("AF_UNIX", bare_getpeername(one.as_raw_fd(), 128).result);
    let new = scene::tcp()?;
    let result = bare_getpeername(new.as_raw_fd(), 128).result;
    s.does("getpeername of a new TCP socket");
    s.finds("TCP, not connected", result);
    Ok(())
}

/// One IPv6 listening socket, and a client of each family.
fn mapped_addresses(s: &mut Story) -> Result<()> {
    let server = scene::inet6(SockType::Stream)?;
    setsockopt(&server, sockopt::Ipv6V6Only, &false)?;
    let any = SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, 0, 0, 0);
    bind(server.as_raw_fd(), &SockaddrIn6::from(any))?;
    listen(&server, Backlog::new(2)?)?;
    let own: SockaddrIn6 = getsockname(server.as_raw_fd())?;
    s.does(format_args!("listen at {own}, with IPV6_V6ONLY off"));

    let client = scene::inet6(SockType::Stream)?;
    let host = scene::loopback6(own.port());
    connect(client.as_raw_fd(), &host)?;
    let (connection, _) = sys::accept(&server)?;
    let peer: SockaddrIn6 = getpeername(connection.as_raw_fd())?;
    s.does(format_args!("a client connects to {host}"));
    s.finds("client that came by IPv6", peer.ip());

    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &scene::loopback(own.port()))?;
    let (connection, _) = sys::accept(&server)?;
    let peer: SockaddrIn6 = getpeername(connection.as_raw_fd())?;
    s.does(format_args!(
        "a client connects to 127.0.0.1:{}",
        own.port()
    ));
    s.finds("client that came by IPv4", peer.ip());
    let answer = bare_getpeername(connection.as_raw_fd(), 128);
    s.finds("length for that one", answer.length);
    let seen: SockaddrIn = getpeername(client.as_raw_fd())?;
    s.finds("what that client sees of the server", seen.ip());
    Ok(())
}

/// Four peers that go, in two ways and by two families.
fn after_the_peer(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let before: SockaddrIn = getpeername(server.as_raw_fd())?;
    drop(client);
    let end = recv(server.as_raw_fd(), &mut [0], MsgFlags::empty());
    s.does(format_args!(
        "a TCP client closes; the server's recv: {end:?}"
    ));
    let now = match getpeername::<SockaddrIn>(server.as_raw_fd()) {
        Ok(address) if address == before => "the same address".to_owned(),
        other => scene::name(other),
    };
    s.finds("TCP, the peer has closed", now);

    let (client, server) = scene::tcp_pair()?;
    scene::reset(client)?;
    let end = recv(server.as_raw_fd(), &mut [0], MsgFlags::empty());
    s.does(format_args!(
        "a TCP client resets; the server's recv: {end:?}"
    ));
    s.finds_result("TCP, the peer has reset", peer(&server));

    let (client, server) = scene::local_pair()?;
    drop(client);
    s.does("one end of a local pair closes");
    s.finds_result("AF_UNIX, the peer has closed", peer(&server));

    let (client, server) = scene::local_pair()?;
    send(server.as_raw_fd(), b"unread", MsgFlags::MSG_NOSIGNAL)?;
    drop(client);
    let end = recv(server.as_raw_fd(), &mut [0], MsgFlags::empty());
    s.does(format_args!(
        "another one, with bytes unread; recv: {end:?}"
    ));
    let label = "AF_UNIX, the peer has closed with bytes unread";
    s.finds_result(label, peer(&server));
    Ok(())
}

/// A socket that its own program has shut down.
fn after_shutdown(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    shutdown(server.as_raw_fd(), Shutdown::Both)?;
    s.does("shutdown of both directions of a TCP connection");
    s.finds_result("TCP, after shutdown", peer(&server));
    drop(client);
    s.does("the peer closes too");
    // No call waits for the end of this connection: recv gives 0 at once
    // after the shutdown.
    let errno = scene::until("an error", || Ok(peer(&server).err()))?;
    s.finds("TCP, the peer has closed too", format_args!("{errno:?}"));

    let (client, server) = scene::local_pair()?;
    shutdown(server.as_raw_fd(), Shutdown::Both)?;
    s.does("the same with a local pair");
    s.finds_result("AF_UNIX, after shutdown", peer(&server));
    drop(client);
    s.finds_result("AF_UNIX, the peer has closed too", peer(&server));
    Ok(())
}

/// A UDP socket whose peer does not exist.
fn nobody_there(s: &mut Story) -> Result<()> {
    let (_deaf, address) = scene::deaf()?;
    let client = scene::udp()?;
    let fd = client.as_raw_fd();
    let connected = connect(fd, &address);
    s.does(format_args!("connect a UDP socket to {address}"));
    s.finds_result("connect to a port that nobody has", connected);
    let told = |peer: SockaddrIn| {
        if peer == address {
            "that address"
        } else {
            "another"
        }
    };
    s.finds("getpeername", told(getpeername(fd)?));
    send(fd, b"anybody?", MsgFlags::empty())?;
    let result = recv(fd, &mut [0], MsgFlags::empty());
    s.does("send a datagram; an ICMP message comes back");
    s.finds_result("recv, after a send", result);
    s.finds("getpeername after that", told(getpeername(fd)?));
    Ok(())
}

/// The peer of a socket of any family.
fn peer(socket: &OwnedFd) -> nix::Result<()> {
    getpeername::<SockaddrStorage>(socket.as_raw_fd()).map(drop)
}

/// What the C function gave back.
struct Answer {
    /// The number, and the errno of a failure.
    result: String,
    /// The length that it stored.
    length: libc::socklen_t,
}

/// `getpeername` with this much room for the address.
fn bare_getpeername(fd: RawFd, room: u8) -> Answer {
    let mut bytes = [0_u8; u8::MAX as usize];
    let mut length = libc::socklen_t::from(room);
    // SAFETY: `bytes` has room for any number that a byte can tell.
    #[expect(unsafe_code, reason = "nix always offers enough room")]
    let result = unsafe {
        libc::getpeername(fd, bytes.as_mut_ptr().cast(), &raw mut length)
    };
    let result = match result {
        -1 => format!("-1 and {:?}", Errno::last()),
        number => number.to_string(),
    };
    Answer { result, length }
}
