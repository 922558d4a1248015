//! Claims about `accept`.

use std::fs;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::panic::resume_unwind;
use std::thread;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::libc;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::SaFlags;
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockProtocol, SockType,
    SockaddrIn, SockaddrStorage, UnixAddr, accept, bind, connect, getpeername,
    getsockname, getsockopt, recv, send, setsockopt, shutdown, socket, sockopt,
};
use nix::sys::stat::fstat;
use nix::sys::time::{TimeVal, TimeValLike};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::scene::{self, Call, Sleeper};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("accept.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "ACC-01",
        says: "accept makes a new socket, and the listening one is no part of \
               the connection.",
        posix: "",
        outcome: Holds,
        why: "The connection's addresses and bytes belong to the new socket; \
              the listening one has a queue and no peer (accept(2)). TCP and \
              local sockets differ in the errno of recv on it (measured).",
        finds: &[
            ("TCP, one socket under two numbers", "no"),
            ("TCP, peer of the listening socket", "ENOTCONN"),
            ("TCP, recv on the listening socket", "ENOTCONN"),
            ("TCP, what the client sent, at the new socket", "hello"),
            ("AF_UNIX, one socket under two numbers", "no"),
            ("AF_UNIX, peer of the listening socket", "ENOTCONN"),
            ("AF_UNIX, recv on the listening socket", "EINVAL"),
            ("AF_UNIX, what the client sent, at the new socket", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(a_socket_of_its_own),
    },
    Claim {
        id: "ACC-02",
        says: "One listening socket serves many clients.",
        posix: "",
        outcome: Holds,
        why: "Each call of accept gives the oldest connection of the queue, \
              and takes no notice of those that were given before \
              (accept(2)). The backlog, here 0, does not limit them.",
        finds: &[
            ("TCP, clients at one time", "20"),
            ("TCP, clients that got their own answer", "20"),
            ("AF_UNIX, clients at one time", "20"),
            ("AF_UNIX, clients that got their own answer", "20"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(many_clients),
    },
    Claim {
        id: "ACC-03",
        says: "Where no client is there, accept waits for one.",
        posix: "",
        outcome: Holds,
        why: "The kernel puts the process to sleep until the queue has a \
              connection (accept(2)). What else ends the sleep is in ACC-53.",
        finds: &[
            ("TCP, nobody has come", "waits"),
            ("TCP, a client connects", "success"),
            ("AF_UNIX, nobody has come", "waits"),
            ("AF_UNIX, a client connects", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(accept_waits),
    },
    Claim {
        id: "ACC-04",
        says: "On a non-blocking socket, accept fails with EWOULDBLOCK where \
               no client is there.",
        posix: "EAGAIN or EWOULDBLOCK (accept()).",
        outcome: Holds,
        why: "O_NONBLOCK on the listening socket is what counts (accept(2)). \
              On Linux the two names are one number, and nix writes EAGAIN.",
        finds: &[
            ("TCP", "EAGAIN"),
            ("AF_UNIX", "EAGAIN"),
            ("EWOULDBLOCK is EAGAIN", "yes"),
            ("TCP, with a client in the queue", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/accept-nonblocking.md",
        probe: probe!(accept_does_not_wait),
    },
    Claim {
        id: "ACC-05",
        says: "With a non-blocking socket, select can do the waiting for a \
               client.",
        posix: "",
        outcome: Holds,
        why: "select sleeps until the queue has a connection (select(2)). \
              Whoever calls accept first gets it: where two processes or \
              threads share the listening socket, the other one gets EAGAIN \
              although select had said ready (measured).",
        finds: &[
            ("select, nobody has come", "waits"),
            ("select, a client connects", "1 ready"),
            ("accept after that", "success"),
            ("accept, where another process was first", "EAGAIN"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/accept-nonblocking.md",
        probe: probe!(select_waits),
    },
    Claim {
        id: "ACC-06",
        says: "accept tells the client's name and the name's length.",
        posix: "",
        outcome: OnlyIf(
            "the client has a name: a local client that did not bind has \
             none, and two bytes come, a family without a name",
        ),
        why: "connect gives a TCP client a port, but gives no name to a local \
              socket (unix(7)). If there is too little room, the kernel fills \
              it and tells the length that the whole name has (accept(2)).",
        finds: &[
            ("TCP, the client's own address", "yes"),
            ("TCP, length", "16"),
            ("TCP, length with room for 4 bytes", "16"),
            ("TCP, bytes behind that room", "unchanged"),
            ("AF_UNIX, client with a name, that name", "yes"),
            ("AF_UNIX, client without a name, length", "2"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(the_clients_name),
    },
    Claim {
        id: "ACC-07",
        says: "accept gives back the new socket's descriptor.",
        posix: "",
        outcome: Holds,
        why: "It is the lowest number that is free (measured). On Linux it \
              takes neither O_NONBLOCK nor the close-on-exec flag over from \
              the listening socket (accept(2)).",
        finds: &[
            ("the lowest free number", "yes"),
            ("it listens", "no"),
            ("listening socket is non-blocking", "yes"),
            ("new socket is non-blocking", "no"),
            ("listening socket is close-on-exec", "yes"),
            ("new socket is close-on-exec", "no"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(the_new_descriptor),
    },
    Claim {
        id: "ACC-08",
        says: "accept fails with EBADF where the descriptor is not valid.",
        posix: "",
        outcome: Holds,
        why: "The process has no open file under that number, or one that is \
              good for a few other calls only (accept(2), open(2) for O_PATH).",
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
        id: "ACC-09",
        says: "accept fails with ENOTSOCK on a descriptor that is no socket.",
        posix: "",
        outcome: Holds,
        why: "The kernel finds an open file of another kind under that number \
              (accept(2)).",
        finds: &[("a pipe", "ENOTSOCK"), ("a regular file", "ENOTSOCK")],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept-errors.md",
        probe: probe!(no_socket),
    },
    Claim {
        id: "ACC-10",
        says: "accept fails with EOPNOTSUPP on a socket that cannot do it, \
               one of a connectionless style for instance.",
        posix: "",
        outcome: Holds,
        why: "The errno speaks of the type: no socket of that type ever has \
              clients (accept(2)). A stream socket that does not listen gets \
              EINVAL, which the manual's list leaves out (LIS-01).",
        finds: &[
            ("UDP", "EOPNOTSUPP"),
            ("AF_UNIX, SOCK_DGRAM", "EOPNOTSUPP"),
            ("netlink", "EOPNOTSUPP"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept-errors.md",
        probe: probe!(sockets_that_cannot_accept),
    },
    Claim {
        id: "ACC-11",
        says: "Clients that come faster than they are accepted are refused \
               with ECONNREFUSED.",
        posix: "",
        outcome: Differs(
            "Nobody is refused: the clients that do not fit wait, and each is \
             let in when accept has made room.",
        ),
        why: "For TCP the client's kernel repeats a SYN that got no answer; a \
              local client sleeps in connect until there is room (LIS-10, \
              LIS-12).",
        finds: &[
            ("TCP, clients that come at once", "8"),
            ("TCP, places in the queue", "5"),
            ("TCP, refused", "0"),
            ("TCP, connected after eight calls of accept", "8"),
            ("AF_UNIX, clients that come at once", "8"),
            ("AF_UNIX, refused", "0"),
            ("AF_UNIX, connected after eight calls of accept", "8"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog.md",
        probe: probe!(faster_than_accept),
    },
    Claim {
        id: "ACC-12",
        says: "A thread can be cancelled in accept, so the program must see \
               to what such a thread holds.",
        posix: "",
        outcome: Holds,
        why: "In C the cancelled thread never returns from accept, and nobody \
              closes its descriptors (pthreads(7), measured). In Rust no \
              thread is ended from outside; on the way out that is left, a \
              panic, each OwnedFd closes itself.",
        finds: &[
            ("C: the cancelled thread", "ends in accept"),
            ("C: a descriptor that it held", "open"),
            ("Rust: connection of a thread that panics", "closed"),
            ("Rust: listening socket of that thread", "closed"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/review.md",
        probe: probe!(threads_that_end_early),
    },
    Claim {
        id: "ACC-17",
        says: "The listening socket goes on listening after accept, until it \
               is closed.",
        posix: "",
        outcome: OnlyIf(
            "nobody calls shutdown on it, and closed means that its last \
             descriptor is closed while no thread is in accept",
        ),
        why: "shutdown ends the listening, and the descriptor stays open. A \
              descriptor that was duplicated or inherited keeps the socket, \
              and so does a call that is under way: the client that comes \
              next is still taken (measured). Who stands in the queue at the \
              last close is reset.",
        finds: &[
            ("a second client, after accept", "success"),
            ("client after close of one of two descriptors", "success"),
            ("that client, after close of the other one", "ECONNRESET"),
            ("client after close of the other one", "ECONNREFUSED"),
            ("TCP, client after shutdown", "ECONNREFUSED"),
            ("AF_UNIX, client after shutdown", "ECONNREFUSED"),
            ("client after close, accept under way", "success"),
            ("the accept that was under way", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(until_it_is_closed),
    },
    Claim {
        id: "ACC-50",
        says: "The connection is complete before accept: the client's connect \
               has returned, and its bytes are in the server's kernel.",
        posix: "",
        outcome: Holds,
        why: "The kernel makes the connection while the socket listens, \
              acknowledges what comes and keeps it; accept hands the program \
              a descriptor for it (measured).",
        finds: &[
            ("TCP, connect", "success"),
            ("TCP, bytes sent", "5"),
            ("TCP, bytes not acknowledged", "0"),
            ("TCP, accept and recv afterwards", "hello"),
            ("AF_UNIX, connect", "success"),
            ("AF_UNIX, bytes sent", "5"),
            ("AF_UNIX, accept and recv afterwards", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(before_accept),
    },
    Claim {
        id: "ACC-51",
        says: "A client that has reset its connection in the queue still \
               comes out of accept.",
        posix: "ECONNABORTED: a connection has been aborted (accept()).",
        outcome: Holds,
        why: "Linux leaves the dead connection in the queue, with the \
              client's address and the bytes that came before the reset; it \
              is recv that tells of the reset (measured). accept gave no \
              ECONNABORTED.",
        finds: &[
            ("TCP, accept after the reset", "success"),
            ("TCP, its address is the client's", "yes"),
            ("TCP, getpeername", "ENOTCONN"),
            ("TCP, bytes that recv gets", "1"),
            ("TCP, the next recv", "ECONNRESET"),
            ("AF_UNIX, accept after the client has closed", "success"),
            ("AF_UNIX, bytes that recv gets", "1"),
            ("AF_UNIX, bytes that the next recv gets", "0"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept-errors.md",
        probe: probe!(a_client_that_is_gone),
    },
    Claim {
        id: "ACC-52",
        says: "accept fails with EMFILE where the process has no free \
               number, and the client stays in the queue.",
        posix: "EMFILE is in the list of accept().",
        outcome: Holds,
        why: "The kernel looks for a number first (measured): the call fails \
              even where nobody waits, instead of waiting, and a loop that \
              calls again at once turns for ever (accept(2) for the errno).",
        finds: &[
            ("nobody in the queue", "EMFILE"),
            ("a client in the queue", "EMFILE"),
            ("connections in the queue after that", "1"),
            ("accept with numbers to give", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept-errors.md",
        probe: probe!(no_number_left),
    },
    Claim {
        id: "ACC-53",
        says: "A signal or a time limit ends the wait in accept.",
        posix: "EINTR: a signal was caught before a connection came \
                (accept()).",
        outcome: Holds,
        why: "After a handler with SA_RESTART the kernel goes on waiting, but \
              not where the listening socket has a time limit, SO_RCVTIMEO \
              (signal(7), socket(7)).",
        finds: &[
            ("handler without SA_RESTART", "EINTR"),
            ("handler with SA_RESTART", "waits"),
            ("time limit of 50 ms", "EAGAIN"),
            ("handler with SA_RESTART, time limit of 60 s", "EINTR"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/interrupted.md",
        probe: probe!(what_ends_the_wait),
    },
];

/// The listening socket and the new one, asked the same questions.
fn a_socket_of_its_own(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    send(client.as_raw_fd(), b"hello", MsgFlags::MSG_NOSIGNAL)?;
    s.does(format_args!(
        "a client connects to {address} and sends hello"
    ));
    compare(s, "TCP", &server)?;

    let (server, address) = scene::local_listener(1)?;
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    send(client.as_raw_fd(), b"hello", MsgFlags::MSG_NOSIGNAL)?;
    s.does("the same with local sockets");
    compare(s, "AF_UNIX", &server)
}

/// Accepts a connection and compares its socket with the listening one.
fn compare(s: &mut Story, kind: &str, server: &OwnedFd) -> Result<()> {
    let (new, _) = sys::accept(server)?;
    let (from, to) = (server.as_raw_fd(), new.as_raw_fd());
    s.does(format_args!("accept({from}) = {to}"));
    // Each socket is a file of its own, with its own inode.
    let same = fstat(server)?.st_ino == fstat(&new)?.st_ino;
    let label = format!("{kind}, one socket under two numbers");
    s.finds(&label, scene::yes_no(same));
    let label = format!("{kind}, peer of the listening socket");
    s.finds_result(&label, getpeername::<SockaddrStorage>(from));
    let label = format!("{kind}, recv on the listening socket");
    s.finds_result(&label, recv(from, &mut [0; 8], MsgFlags::empty()));
    let label = format!("{kind}, what the client sent, at the new socket");
    s.finds(&label, text(&new)?);
    Ok(())
}

/// Twenty clients, one after another; none of them leaves.
fn many_clients(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(0)?;
    let mut pairs = Vec::new();
    for _ in 0..20 {
        let client = scene::tcp()?;
        connect(client.as_raw_fd(), &address)?;
        pairs.push((client, sys::accept(&server)?.0));
    }
    s.does(format_args!("20 times connect to {address}, and accept"));
    s.finds("TCP, clients at one time", pairs.len());
    let label = "TCP, clients that got their own answer";
    s.finds(label, answered(&pairs)?);

    let (server, address) = scene::local_listener(0)?;
    let mut pairs = Vec::new();
    for _ in 0..20 {
        let client = scene::local(SockType::Stream)?;
        connect(client.as_raw_fd(), &address)?;
        pairs.push((client, sys::accept(&server)?.0));
    }
    s.does("20 times connect to a local name, and accept");
    s.finds("AF_UNIX, clients at one time", pairs.len());
    let label = "AF_UNIX, clients that got their own answer";
    s.finds(label, answered(&pairs)?);
    Ok(())
}

/// Answers each client with its number; how many of them read their own.
fn answered(pairs: &[(OwnedFd, OwnedFd)]) -> Result<usize> {
    for (number, (_, server)) in pairs.iter().enumerate() {
        let answer = format!("client {number}");
        let fd = server.as_raw_fd();
        send(fd, answer.as_bytes(), MsgFlags::MSG_NOSIGNAL)?;
    }
    let mut right = 0;
    for (number, (client, _)) in pairs.iter().enumerate() {
        if text(client)? == format!("client {number}") {
            right += 1;
        }
    }
    Ok(right)
}

/// A thread in accept, and a client for it.
fn accept_waits(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    let mut call = accepting(server)?;
    s.does(format_args!(
        "a thread calls accept; nobody came to {address}"
    ));
    let state = call.state(libc::SYS_accept)?;
    s.finds("TCP, nobody has come", state);
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does("a client connects");
    s.finds_result("TCP, a client connects", call.result()?);

    let (server, address) = scene::local_listener(1)?;
    let mut call = accepting(server)?;
    s.does("a thread calls accept on a local socket");
    let state = call.state(libc::SYS_accept)?;
    s.finds("AF_UNIX, nobody has come", state);
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    s.does("a client connects");
    s.finds_result("AF_UNIX, a client connects", call.result()?);
    Ok(())
}

/// A listening socket in non-blocking mode.
fn accept_does_not_wait(s: &mut Story) -> Result<()> {
    let (tcp, address) = scene::listener(1)?;
    let (local, _) = scene::local_listener(1)?;
    for (label, server) in [("TCP", &tcp), ("AF_UNIX", &local)] {
        scene::set_nonblocking(server, true)?;
        s.does(format_args!(
            "{label}: O_NONBLOCK, accept, and nobody there"
        ));
        s.finds_result(label, sys::accept(server));
    }
    let same = Errno::EWOULDBLOCK == Errno::EAGAIN;
    s.finds("EWOULDBLOCK is EAGAIN", scene::yes_no(same));
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    scene::until_queued(&tcp, 1)?;
    s.does("a client connects by TCP");
    s.finds_result("TCP, with a client in the queue", sys::accept(&tcp));
    Ok(())
}

/// A thread waits in select, not in accept.
fn select_waits(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    scene::set_nonblocking(&server, true)?;
    // What another process would inherit: a second descriptor.
    let others = server.try_clone()?;
    let waiting = server.try_clone()?;
    let mut call = Call::make(move || {
        let mut readable = FdSet::new();
        readable.insert(waiting.as_fd());
        // The system call that is behind glibc's select on many machines;
        // here it is the same on all of them.
        pselect(None, &mut readable, None, None, None, None)
    })?;
    s.does(format_args!(
        "a thread calls select; nobody came to {address}"
    ));
    let state = call.state(libc::SYS_pselect6)?;
    s.finds("select, nobody has come", state);
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let ready = call.result()??;
    s.does("a client connects");
    s.finds("select, a client connects", format_args!("{ready} ready"));
    let first = sys::accept(&others);
    s.finds_result("accept after that", first);
    s.does("the one client is taken; accept once more");
    let second = sys::accept(&server);
    s.finds_result("accept, where another process was first", second);
    Ok(())
}

/// Three clients, and a room that is too small.
fn the_clients_name(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(2)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let own: SockaddrIn = getsockname(client.as_raw_fd())?;
    let (_connection, from) = sys::accept(&server)?;
    s.does(format_args!(
        "a client at {own} connects; accept tells {from}"
    ));
    let same = from.as_sockaddr_in() == Some(&own);
    s.finds("TCP, the client's own address", scene::yes_no(same));
    let other = scene::tcp()?;
    connect(other.as_raw_fd(), &address)?;
    let name = accept_with_room(&server, 128)?;
    s.finds("TCP, length", name.length);
    let third = scene::tcp()?;
    connect(third.as_raw_fd(), &address)?;
    let name = accept_with_room(&server, 4)?;
    s.does("accept two more, the second with room for 4 bytes of its name");
    s.finds("TCP, length with room for 4 bytes", name.length);
    s.finds("TCP, bytes behind that room", name.behind);

    let (server, address) = scene::local_listener(2)?;
    let client = scene::local(SockType::Stream)?;
    bind(client.as_raw_fd(), &UnixAddr::new_unnamed())?;
    let own: UnixAddr = getsockname(client.as_raw_fd())?;
    connect(client.as_raw_fd(), &address)?;
    let (_connection, from) = sys::accept(&server)?;
    s.does(format_args!("a local client with the abstract name {own}"));
    let same = from.as_unix_addr() == Some(&own);
    s.finds(
        "AF_UNIX, client with a name, that name",
        scene::yes_no(same),
    );
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    let name = accept_with_room(&server, 128)?;
    s.does("a local client that nobody has bound");
    s.finds("AF_UNIX, client without a name, length", name.length);
    Ok(())
}

/// The number that accept gives, and the flags of both sockets.
fn the_new_descriptor(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    scene::set_nonblocking(&server, true)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    scene::until_queued(&server, 1)?;
    // dup takes the lowest free number, and gives it back here.
    let lowest = nix::unistd::dup(&server)?.as_raw_fd();
    let (new, _) = sys::accept(&server)?;
    s.does(format_args!(
        "accept = {}; lowest was {lowest}",
        new.as_raw_fd()
    ));
    let same = new.as_raw_fd() == lowest;
    s.finds("the lowest free number", scene::yes_no(same));
    let listens = getsockopt(&new, sockopt::AcceptConn)?;
    s.finds("it listens", scene::yes_no(listens));
    s.does("the listening socket was made close-on-exec and non-blocking");
    let mut flags = Vec::new();
    for socket in [&server, &new] {
        let status = fcntl(socket, FcntlArg::F_GETFL)?;
        let status = OFlag::from_bits_truncate(status);
        let descriptor = fcntl(socket, FcntlArg::F_GETFD)?;
        let descriptor = FdFlag::from_bits_truncate(descriptor);
        flags.push((
            scene::yes_no(status.contains(OFlag::O_NONBLOCK)),
            scene::yes_no(descriptor.contains(FdFlag::FD_CLOEXEC)),
        ));
    }
    s.finds("listening socket is non-blocking", flags[0].0);
    s.finds("new socket is non-blocking", flags[1].0);
    s.finds("listening socket is close-on-exec", flags[0].1);
    s.finds("new socket is close-on-exec", flags[1].1);
    Ok(())
}

/// Numbers under which there is nothing to accept from.
fn no_descriptor(s: &mut Story) -> Result<()> {
    s.does("accept on -1");
    s.finds_result("-1", accept(-1));
    let closed = scene::tcp()?;
    let number = closed.as_raw_fd();
    drop(closed);
    s.does(format_args!("accept on {number}, which has been closed"));
    s.finds_result("a number that was closed", accept(number));
    let path = fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH)
        .open("/proc/self/exe")?;
    s.does("accept on a descriptor that was opened with O_PATH");
    s.finds_result("O_PATH", accept(path.as_raw_fd()));
    Ok(())
}

/// A pipe and a file are descriptors, and no sockets.
fn no_socket(s: &mut Story) -> Result<()> {
    let (pipe, _writer) = nix::unistd::pipe()?;
    s.does("accept on a pipe");
    s.finds_result("a pipe", accept(pipe.as_raw_fd()));
    let file = fs::File::open("/proc/self/exe")?;
    s.does("accept on a regular file");
    s.finds_result("a regular file", accept(file.as_raw_fd()));
    Ok(())
}

/// Sockets of types that know no connections.
fn sockets_that_cannot_accept(s: &mut Story) -> Result<()> {
    let udp = scene::udp()?;
    bind(udp.as_raw_fd(), &scene::loopback(0))?;
    let datagram = scene::local(SockType::Datagram)?;
    bind(datagram.as_raw_fd(), &UnixAddr::new_unnamed())?;
    let netlink = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    for (label, socket) in [
        ("UDP", udp),
        ("AF_UNIX, SOCK_DGRAM", datagram),
        ("netlink", netlink),
    ] {
        s.does(format_args!("accept on a socket: {label}"));
        s.finds_result(label, accept(socket.as_raw_fd()));
    }
    Ok(())
}

/// Eight clients at once, a queue that takes five, and a server that begins
/// to accept afterwards.
fn faster_than_accept(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(4)?;
    let mut clients = Vec::new();
    for _ in 0..8 {
        let client = scene::tcp_nonblocking()?;
        let begun = connect(client.as_raw_fd(), &address);
        let right = matches!(begun, Ok(()) | Err(Errno::EINPROGRESS));
        ensure!(right, "connect: {begun:?}");
        clients.push(client);
    }
    s.does(format_args!("8 clients call connect to {address}, n is 4"));
    s.finds("TCP, clients that come at once", clients.len());
    scene::until_queued(&server, 5)?;
    let queued = sys::accept_queue(&server)?.waiting;
    s.finds("TCP, places in the queue", queued);
    let mut taken = Vec::new();
    for _ in 0..8 {
        taken.push(sys::accept(&server)?);
    }
    s.does("the server calls accept eight times");
    let mut ends = Vec::new();
    for client in &clients {
        ends.push(scene::until_attempt_ends(client)?);
    }
    s.finds("TCP, refused", refused(&ends));
    let label = "TCP, connected after eight calls of accept";
    s.finds(label, ends.iter().filter(|end| end.is_ok()).count());

    let (server, address) = scene::local_listener(4)?;
    let mut calls = Vec::new();
    for _ in 0..8 {
        let client = scene::local(SockType::Stream)?;
        calls.push(Call::make(move || {
            connect(client.as_raw_fd(), &address).map(|()| client)
        })?);
    }
    s.does("8 clients call connect to a local name, n is 4");
    s.finds("AF_UNIX, clients that come at once", calls.len());
    for _ in 0..8 {
        taken.push(sys::accept(&server)?);
    }
    s.does("the server calls accept eight times");
    let mut ends = Vec::new();
    for call in calls {
        ends.push(call.result()?.map(drop));
    }
    s.finds("AF_UNIX, refused", refused(&ends));
    let label = "AF_UNIX, connected after eight calls of accept";
    s.finds(label, ends.iter().filter(|end| end.is_ok()).count());
    Ok(())
}

/// A thread of the C library that is cancelled, then one of Rust that panics.
fn threads_that_end_early(s: &mut Story) -> Result<()> {
    let (server, _name) = scene::local_listener(1)?;
    let held = server.try_clone()?;
    s.does("a thread of the C library calls accept on a duplicate descriptor");
    let cancelled = scene::cancel::in_accept(&held)?;
    s.does("pthread_cancel and pthread_join for that thread");
    let ends = if cancelled {
        "ends in accept"
    } else {
        "returns"
    };
    s.finds("C: the cancelled thread", ends);
    let open = fcntl(&held, FcntlArg::F_GETFD).is_ok();
    let descriptor = if open { "open" } else { "closed" };
    s.finds("C: a descriptor that it held", descriptor);

    let (server, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    s.does(format_args!(
        "a thread owns the listening socket of {address}"
    ));
    let thread = thread::spawn(move || -> Result<()> {
        let _connection = sys::accept(&server)?;
        // As panic!() does, without a message on standard error.
        resume_unwind(Box::new(()))
    });
    ensure!(thread.join().is_err(), "the thread did not panic");
    s.does("it accepts a client, and panics");
    let read = recv(client.as_raw_fd(), &mut [0], MsgFlags::empty())?;
    let connection = if read == 0 { "closed" } else { "open" };
    s.finds("Rust: connection of a thread that panics", connection);
    let listening = match connect(scene::tcp()?.as_raw_fd(), &address) {
        Err(Errno::ECONNREFUSED) => "closed",
        _ => "open",
    };
    s.finds("Rust: listening socket of that thread", listening);
    Ok(())
}

/// What ends the listening, and what does not.
fn until_it_is_closed(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(4)?;
    let first = scene::tcp()?;
    connect(first.as_raw_fd(), &address)?;
    let _first = sys::accept(&server)?;
    s.does(format_args!(
        "a client connects to {address} and is accepted"
    ));
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("a second client, after accept", result);
    let _second = sys::accept(&server)?;

    let copy = server.try_clone()?;
    drop(server);
    s.does("duplicate the descriptor, close the old one");
    let queued = scene::tcp()?;
    let result = connect(queued.as_raw_fd(), &address);
    let label = "client after close of one of two descriptors";
    s.finds_result(label, result);
    scene::until_queued(&copy, 1)?;
    drop(copy);
    s.does("close the other one too, with that client in the queue");
    let result = recv(queued.as_raw_fd(), &mut [0], MsgFlags::empty());
    s.finds_result("that client, after close of the other one", result);
    let late = scene::tcp()?;
    let result = connect(late.as_raw_fd(), &address);
    s.finds_result("client after close of the other one", result);

    let (server, address) = scene::listener(4)?;
    shutdown(server.as_raw_fd(), Shutdown::Read)?;
    s.does("shutdown of a listening socket, which stays open");
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("TCP, client after shutdown", result);
    let (server, address) = scene::local_listener(4)?;
    shutdown(server.as_raw_fd(), Shutdown::Read)?;
    let client = scene::local(SockType::Stream)?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("AF_UNIX, client after shutdown", result);

    let (server, address) = scene::listener(4)?;
    let number = server.as_raw_fd();
    let call = Sleeper::start(libc::SYS_accept, move || accept(number))?;
    drop(server);
    s.does("close a listening socket while a thread waits in accept");
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("client after close, accept under way", result);
    s.finds_result("the accept that was under way", call.result()?);
    Ok(())
}

/// Everything that a client can do before anybody calls accept.
fn before_accept(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    let connected = connect(client.as_raw_fd(), &address);
    s.does(format_args!("connect to {address}; nobody calls accept"));
    s.finds_result("TCP, connect", connected);
    let sent = send(client.as_raw_fd(), b"hello", MsgFlags::MSG_NOSIGNAL)?;
    s.finds("TCP, bytes sent", sent);
    scene::until_acknowledged(&client)?;
    let left = scene::unacknowledged(&client)?;
    s.finds("TCP, bytes not acknowledged", left);
    let (connection, _) = sys::accept(&server)?;
    s.does("now the server calls accept, and recv");
    s.finds("TCP, accept and recv afterwards", text(&connection)?);

    let (server, address) = scene::local_listener(1)?;
    let client = scene::local(SockType::Stream)?;
    let connected = connect(client.as_raw_fd(), &address);
    s.does("the same with local sockets");
    s.finds_result("AF_UNIX, connect", connected);
    let sent = send(client.as_raw_fd(), b"hello", MsgFlags::MSG_NOSIGNAL)?;
    s.finds("AF_UNIX, bytes sent", sent);
    let (connection, _) = sys::accept(&server)?;
    s.finds("AF_UNIX, accept and recv afterwards", text(&connection)?);
    Ok(())
}

/// Clients that send a byte and are gone before their turn.
fn a_client_that_is_gone(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let own: SockaddrIn = getsockname(client.as_raw_fd())?;
    send(client.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL)?;
    scene::reset(client)?;
    scene::until_tcp_state(&address, &own, None)?;
    s.does(format_args!("a client at {own} sends a byte and resets"));
    let accepted = sys::accept(&server);
    s.does("the server calls accept");
    s.finds_result("TCP, accept after the reset", outcome(&accepted));
    let (connection, from) = accepted?;
    let fd = connection.as_raw_fd();
    let same = from.as_sockaddr_in() == Some(&own);
    s.finds("TCP, its address is the client's", scene::yes_no(same));
    let peer = getpeername::<SockaddrStorage>(fd);
    s.finds_result("TCP, getpeername", peer);
    let count = recv(fd, &mut [0; 8], MsgFlags::empty())?;
    s.finds("TCP, bytes that recv gets", count);
    let result = recv(fd, &mut [0; 8], MsgFlags::empty());
    s.finds_result("TCP, the next recv", result);

    let (server, address) = scene::local_listener(1)?;
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    send(client.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL)?;
    drop(client);
    s.does("a local client sends a byte and closes");
    let accepted = sys::accept(&server);
    let label = "AF_UNIX, accept after the client has closed";
    s.finds_result(label, outcome(&accepted));
    let (connection, _) = accepted?;
    let fd = connection.as_raw_fd();
    let count = recv(fd, &mut [0; 8], MsgFlags::empty())?;
    s.finds("AF_UNIX, bytes that recv gets", count);
    let count = recv(fd, &mut [0; 8], MsgFlags::empty())?;
    s.finds("AF_UNIX, bytes that the next recv gets", count);
    Ok(())
}

/// The limit of open descriptors is lowered to none, and put back.
fn no_number_left(s: &mut Story) -> Result<()> {
    let (server, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, 0, hard)?;
    s.does("RLIMIT_NOFILE = 0; accept, and nobody in the queue");
    s.finds_result("nobody in the queue", sys::accept(&server));
    connect(client.as_raw_fd(), &address)?;
    scene::until_queued(&server, 1)?;
    s.does(format_args!("a client connects to {address}; accept"));
    s.finds_result("a client in the queue", sys::accept(&server));
    let queued = sys::accept_queue(&server)?.waiting;
    s.finds("connections in the queue after that", queued);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    s.does("put the limit back; accept");
    s.finds_result("accept with numbers to give", sys::accept(&server));
    Ok(())
}

/// A thread in accept, two signal handlers and two time limits.
fn what_ends_the_wait(s: &mut Story) -> Result<()> {
    scene::count_sigusr1(SaFlags::empty())?;
    let (call, _) = wait_in_accept(None)?;
    call.interrupt()?;
    s.does("a thread waits in accept, and gets SIGUSR1");
    s.finds_result("handler without SA_RESTART", call.result()?);

    scene::count_sigusr1(SaFlags::SA_RESTART)?;
    let (mut call, address) = wait_in_accept(None)?;
    call.interrupt()?;
    s.does("again, with a handler with SA_RESTART");
    s.finds("handler with SA_RESTART", call.state()?);
    connect(scene::tcp()?.as_raw_fd(), &address)?;
    call.result()??;

    let (server, _) = scene::listener(1)?;
    let limit = TimeVal::milliseconds(50);
    setsockopt(&server, sockopt::ReceiveTimeout, &limit)?;
    s.does("SO_RCVTIMEO of 50 ms, accept");
    s.finds_result("time limit of 50 ms", sys::accept(&server));

    let limit = TimeVal::seconds(60);
    let (call, _) = wait_in_accept(Some(limit))?;
    call.interrupt()?;
    s.does("SO_RCVTIMEO of 60 s, and SIGUSR1, handler with SA_RESTART");
    let label = "handler with SA_RESTART, time limit of 60 s";
    s.finds_result(label, call.result()?);
    Ok(())
}

/// A thread in `accept`.
fn accepting(server: OwnedFd) -> Result<Call<nix::Result<()>>> {
    Call::make(move || sys::accept(&server).map(drop))
}

/// The same with a time limit, known to sleep; and the listening socket's
/// address.
fn wait_in_accept(
    limit: Option<TimeVal>,
) -> Result<(Sleeper<nix::Result<()>>, SockaddrIn)> {
    let (server, address) = scene::listener(1)?;
    if let Some(limit) = limit {
        setsockopt(&server, sockopt::ReceiveTimeout, &limit)?;
    }
    let call = Sleeper::start(libc::SYS_accept, move || {
        sys::accept(&server).map(drop)
    })?;
    Ok((call, address))
}

/// What one `recv` gives, as text; within 10 s.
fn text(socket: &OwnedFd) -> Result<String> {
    let limit = TimeVal::seconds(10);
    setsockopt(socket, sockopt::ReceiveTimeout, &limit)?;
    let mut bytes = [0; 64];
    let count = recv(socket.as_raw_fd(), &mut bytes, MsgFlags::empty())
        .context("recv")?;
    Ok(String::from_utf8(bytes[..count].to_vec())?)
}

/// What a call came to, without what it gave.
fn outcome<T>(result: &nix::Result<T>) -> nix::Result<()> {
    result.as_ref().map(drop).map_err(|errno| *errno)
}

/// How many of these attempts ended with ECONNREFUSED.
fn refused(ends: &[nix::Result<()>]) -> usize {
    let refused = Err(Errno::ECONNREFUSED);
    ends.iter().filter(|end| **end == refused).count()
}

/// What accept tells of a client's name.
struct Name {
    /// The length that the call stored.
    length: libc::socklen_t,
    /// What has become of the bytes behind the room.
    behind: &'static str,
}

/// `accept` with this much room for the client's name.
fn accept_with_room(server: &OwnedFd, room: u8) -> Result<Name> {
    // In no address of these probes.
    const OURS: u8 = 0xAA;
    let mut bytes = [OURS; 128];
    let mut length = libc::socklen_t::from(room);
    ensure!(bytes.len() >= usize::from(room), "too much room");
    // SAFETY: `bytes` has room for `length` bytes.
    #[expect(unsafe_code, reason = "nix always offers enough room")]
    let fd = unsafe {
        libc::accept(
            server.as_raw_fd(),
            bytes.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    let fd = Errno::result(fd).context("accept")?;
    // SAFETY: accept has just made it, and nobody else knows the number.
    #[expect(unsafe_code, reason = "takes over a bare number")]
    drop(unsafe { OwnedFd::from_raw_fd(fd) });
    let behind = &bytes[usize::from(room)..];
    let same = behind.iter().all(|byte| *byte == OURS);
    let behind = if same { "unchanged" } else { "changed" };
    Ok(Name { length, behind })
}
