//! Claims about the example server.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::select::{FdSet, pselect, select};
use nix::sys::signal::SigSet;
use nix::sys::socket::{
    Backlog, MsgFlags, Shutdown, SockType, SockaddrIn, bind, connect,
    getpeername, getsockname, getsockopt, listen, recv, send, setsockopt,
    shutdown, sockopt,
};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::unistd::read;
use testkit::Skip;

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Call};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("server.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "EXS-01",
        says: "The example serves many clients at the same time.",
        posix: "",
        outcome: OnlyIf(
            "none of them resets its connection: a read that fails ends the \
             server for all (EXS-07)",
        ),
        why: "One select is for all sockets, and each that is ready gets one \
              read, which then does not wait. Descriptors from 1,024 on have \
              no place in the set (EXS-10).",
        finds: &[
            ("clients heard", "20"),
            ("then one resets, read", "ECONNRESET"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(many_clients),
    },
    Claim {
        id: "EXS-02",
        says: "With plain read, waiting for one client would be wrong.",
        posix: "",
        outcome: Holds,
        why: "A read from a silent client waits for that client, and what \
              others have sent stays unread meanwhile (read(2), measured).",
        finds: &[
            ("TCP, read from the silent one", "waits"),
            ("TCP, the other one's data", "ready"),
            ("local, read from the silent one", "waits"),
            ("local, the other one's data", "ready"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(read_of_one),
    },
    Claim {
        id: "EXS-03",
        says: "select waits for input on every open socket and for new \
               connections.",
        posix: "",
        outcome: Holds,
        why: "A listening socket is readable when its queue has a connection \
              for accept (accept(2)).",
        finds: &[
            ("TCP, nothing", "waits"),
            ("TCP, a new client", "the listening socket"),
            ("TCP, a message", "the connection"),
            ("TCP, both", "both"),
            ("local, nothing", "waits"),
            ("local, a new client", "the listening socket"),
            ("local, a message", "the connection"),
            ("local, both", "both"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/select.md",
        probe: probe!(select_for_all),
    },
    Claim {
        id: "EXS-04",
        says: "The example closes a client's socket at end of file, which is \
               the client's shutting down of its end.",
        posix: "",
        outcome: Holds,
        why: "The client's kernel sends FIN for a close and for a shutdown \
              alike, and read gives 0 (RFC 9293, 3.6). After a shutdown the \
              client can still read; a reset is no end of file, but an error.",
        finds: &[
            ("TCP, close", "0"),
            ("TCP, shutdown", "0"),
            ("TCP, the client reads", "0"),
            ("TCP, reset", "ECONNRESET"),
            ("local, close", "0"),
            ("local, shutdown", "0"),
            ("local, the client reads", "0"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(end_of_file),
    },
    Claim {
        id: "EXS-05",
        says: "The example prints each message of a client.",
        posix: "",
        outcome: Differs(
            "It prints what each read gives: two messages can be one line, \
             and one of more than 512 bytes is two.",
        ),
        why: "A stream has no boundaries (tcp(7)). On local stream sockets \
              that is no different (measured).",
        finds: &[
            ("TCP, two sends", "onetwo"),
            ("TCP, one send of 600", "512 and 88"),
            ("local, two sends", "onetwo"),
            ("local, one send of 600", "512 and 88"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/recv.md",
        probe: probe!(one_read_one_line),
    },
    Claim {
        id: "EXS-06",
        says: "The example prints the client's port, with %hd.",
        posix: "",
        outcome: OnlyIf(
            "the port is below 32,768: a higher one is printed as a negative \
             number",
        ),
        why: "%hd makes a signed short of it (printf(3)). The ports that \
              Linux gives to clients begin at 32,768 by default (ip(7), \
              ip_local_port_range), so that almost every client is one of \
              these; %hu is right.",
        finds: &[
            ("%hd of 5555", "5555"),
            ("%hd of 32767", "32767"),
            ("%hd of 32768", "-32768"),
            ("%hd of 50000", "-15536"),
            ("%hu of 50000", "50000"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(port_as_short),
    },
    Claim {
        id: "EXS-07",
        says: "A read that fails is a failure of the server: it prints the \
               error and exits.",
        posix: "",
        outcome: Differs(
            "The failure is that client's alone: the other connections and \
             the listening socket work on, until the exit takes them away.",
        ),
        why: "A reset marks the one connection that it came for (tcp(7), RFC \
              9293, 3.10.7.4). Any client can send one, so any client can end \
              this server.",
        finds: &[
            ("the read that the example ends at", "ECONNRESET"),
            ("the other client", "still here"),
            ("a new client", "connected"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(one_read_fails),
    },
    Claim {
        id: "EXS-08",
        says: "What read has put into the buffer can be printed as a string.",
        posix: "",
        outcome: OnlyIf(
            "the client sends its text with a NUL at its end and with no \
             other, and one read gives the whole of it",
        ),
        why: "read adds no NUL. Without one, %s goes on through what was in \
              the buffer before, or past its end; in the listing the buffer \
              is a local variable and begins with whatever stood there.",
        finds: &[
            ("a text with its NUL", "Yow!!!"),
            ("\"hi\" without, next in the buffer", "hiw!!!"),
            ("a NUL in the middle", "one"),
            ("512 bytes without a NUL", "no end in the buffer"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "08-server/server.md",
        probe: probe!(printed_as_string),
    },
    Claim {
        id: "EXS-10",
        says: "Every new client can be put into the set, with FD_SET.",
        posix: "FD_SET is undefined for a descriptor of FD_SETSIZE or more \
                (select()).",
        outcome: OnlyIf("its descriptor is below FD_SETSIZE, which is 1,024"),
        why: "FD_SET looks at no limit, and a higher number writes to memory \
              behind the set (select(2)). The `FdSet` of nix panics instead; \
              poll(2) has no such limit.",
        finds: &[
            ("bits in an fd_set", "1024"),
            ("poll", "ready"),
            ("FdSet::insert", "panics"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/select.md",
        probe: probe!(beyond_the_set),
    },
    Claim {
        id: "EXS-11",
        says: "With listen(sock, 1), the queue has room for one client.",
        posix: "",
        outcome: Differs(
            "Two wait in it. A third hears nothing, and its kernel asks again \
             after a second.",
        ),
        why: "Linux calls the queue full when it has more than the backlog, \
              and then drops the next SYN (measured).",
        finds: &[
            ("waiting for accept", "2"),
            ("the third client", "not yet connected"),
            ("the third client after an accept", "connected"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/backlog.md",
        probe: probe!(backlog_of_one),
    },
    Claim {
        id: "EXS-12",
        says: "An accept that fails is a failure of the server: it prints the \
               error and exits.",
        posix: "",
        outcome: Differs(
            "The server can go on: a client for whom there is no descriptor \
             stays in the queue with what it has sent, and the others are \
             served.",
        ),
        why: "Of the errors in accept(2), these pass: EMFILE, ENFILE, \
              ENOBUFS, ECONNABORTED, EINTR. The listening socket stays ready \
              meanwhile, so a server that goes on should leave it out of the \
              set for a while.",
        finds: &[
            ("no descriptor is left", "EMFILE"),
            ("once more", "EMFILE"),
            ("the client that is served", "ready"),
            ("the client that had to wait", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept-errors.md",
        probe: probe!(accept_fails),
    },
    Claim {
        id: "EXS-13",
        says: "The server compiles as it is printed.",
        posix: "",
        outcome: Differs(
            "It calls inet_ntoa without the header that declares it, and \
             gives accept a size_t: gcc 14 and newer refuse both.",
        ),
        why: "inet_ntoa is declared in <arpa/inet.h>, and the listing \
              includes <netinet/in.h> and <netdb.h>. gcc 12 warns and takes \
              its result for an int, which cuts the address of the text off: \
              on x86-64 that server ends with SIGSEGV at its first client \
              (measured).",
        finds: &[
            ("inet_ntoa with its header", "compiles"),
            ("inet_ntoa without", "does not compile"),
            ("size_t for accept", "does not compile"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:cc"],
        page: "08-server/server.md",
        probe: probe!(server_as_printed),
    },
    Claim {
        id: "EXS-14",
        says: "A size_t can stand where accept wants a socklen_t.",
        posix: "The length is a socklen_t, of at least 32 bits (accept(), \
                <sys/socket.h>).",
        outcome: OnlyIf(
            "both have one size, or the machine is little-endian and the \
             upper half is 0, as it is in the listing",
        ),
        why: "accept reads and writes 4 of the 8 bytes. On a big-endian \
              machine these are the upper ones: it reads a length of 0 and \
              stores no address (measured with the bytes in that order).",
        finds: &[
            ("size_t, bytes", "8"),
            ("socklen_t, bytes", "4"),
            ("little-endian, 16", "length 0x10, the address"),
            ("with a set bit above", "length 0x100000010, the address"),
            (
                "as a big-endian machine has it",
                "length 0x1000000010, no address",
            ),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "03-accept/accept.md",
        probe: probe!(length_of_another_type),
    },
    Claim {
        id: "EXS-16",
        says: "select gets a copy of the set each time.",
        posix: "",
        outcome: Holds,
        why: "select writes its answer into the set (select(2)). A set that \
              is used again has lost the descriptors that were not ready.",
        finds: &[
            ("descriptors in the set before", "2"),
            ("in it afterwards", "1"),
            ("reported with the same set", "0"),
            ("reported with a copy", "1"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/select.md",
        probe: probe!(copy_of_the_set),
    },
    Claim {
        id: "EXS-50",
        says: "Started again, the server may not get its port: a connection \
               that the first one closed holds it, unless SO_REUSEADDR is set \
               in both runs.",
        posix: "",
        outcome: Holds,
        why: "The end that closes first keeps the connection in TIME-WAIT for \
              a minute, and bind refuses its port with EADDRINUSE. Linux \
              wants the option on the socket that made the connection, too: \
              setting it in the second run alone does not help (socket(7), \
              measured).",
        finds: &[
            ("SO_REUSEADDR in neither run", "EADDRINUSE"),
            ("in the second run", "EADDRINUSE"),
            ("in both", "success"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "02-listen/restart.md",
        probe: probe!(started_again),
    },
    Claim {
        id: "EXS-51",
        says: "Between select and accept a client can go: one that has reset \
               is still accepted; where another process has taken it, accept \
               waits, and with it all clients.",
        posix: "",
        outcome: Holds,
        why: "Linux keeps a reset connection in the queue, and the first read \
              fails (measured). accept(2) advises a non-blocking listening \
              socket for the other case.",
        finds: &[
            ("select still reports it", "ready"),
            ("accept", "success"),
            ("read from it", "ECONNRESET"),
            ("accept after that", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "07-many-at-once/accept-nonblocking.md",
        probe: probe!(reported_and_gone),
    },
    Claim {
        id: "EXS-52",
        says: "A client whose end gets lost on the way is never noticed: \
               select reports nothing, and its descriptor stays.",
        posix: "",
        outcome: Holds,
        why: "No data and a dead connection look alike to a kernel that is \
              only waiting. SO_KEEPALIVE asks after two hours of silence \
              (socket(7), tcp(7)), and the example does not set it.",
        finds: &[
            ("SO_KEEPALIVE by default", "off"),
            ("the other client", "ready"),
            ("the one that is gone", "not ready"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns", "tool:ip"],
        page: "05-transfer/endings.md",
        probe: probe!(gone_without_a_word),
    },
];

/// What compilers of today call errors.
const STRICT: [&str; 2] = [
    "-Werror=implicit-function-declaration",
    "-Werror=incompatible-pointer-types",
];

/// Twenty clients that are connected at the same time, and one that resets.
fn many_clients(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(32)?;
    let mut server = Example::new(listener);
    let mut clients = Vec::new();
    for _ in 0..20 {
        let client = scene::tcp()?;
        connect(client.as_raw_fd(), &address)?;
        clients.push(client);
    }
    while server.clients.len() < clients.len() {
        server.round()?;
    }
    s.does(format_args!("20 clients are connected to {address}"));
    // The last one first: the order of accept is not the order of serving.
    for client in clients.iter().rev() {
        send(client.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    }
    let mut heard = 0;
    while heard < clients.len() {
        let events = server.round()?;
        heard += events.iter().filter(|event| is_text(event)).count();
    }
    s.does("each of them sends \"hello\" and stays");
    s.finds("clients heard", heard);
    scene::reset(clients.pop().context("the last client")?)?;
    s.does("one of them resets its connection");
    s.finds("then one resets, read", told(&server.round()?));
    Ok(())
}

/// A read from one client, while another one has sent.
fn read_of_one(s: &mut Story) -> Result<()> {
    for (kind, one, other) in two_connections()? {
        let (silent, talking) = (one, other);
        send(talking.0.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
        let waiting = silent.1.try_clone()?;
        let mut call = Call::make(move || read(waiting, &mut [0; 512]))?;
        s.does(format_args!(
            "{kind}: one client has sent \"hello\", the other nothing; \
             read from the silent one"
        ));
        let state = call.state(libc::SYS_read)?;
        s.finds(&format!("{kind}, read from the silent one"), state);
        scene::until_readable(&talking.1)?;
        let (ready, state) =
            (is_ready(&talking.1)?, call.state(libc::SYS_read)?);
        s.finds(&format!("{kind}, the other one's data"), ready);
        s.does(format_args!("{kind}: the read still {state}"));
        drop(silent.0);
        call.result()??;
    }
    Ok(())
}

/// One select for the listening socket and a connected one.
fn select_for_all(s: &mut Story) -> Result<()> {
    for kind in ["TCP", "local"] {
        let (listener, connect_to_it) = listening(kind)?;
        let one = connect_to_it()?;
        let (connection, _) = sys::accept(&listener)?;
        let wait = || {
            let (listener, connection) =
                (listener.try_clone()?, connection.try_clone()?);
            let mut call =
                Call::make(move || select_both(&listener, &connection))?;
            let state = call.state(libc::SYS_pselect6)?;
            Ok::<_, anyhow::Error>((state, call))
        };
        let (state, call) = wait()?;
        s.does(format_args!("{kind}: pselect; nothing has happened"));
        s.finds(&format!("{kind}, nothing"), state);
        let _other = connect_to_it()?;
        s.does(format_args!("{kind}: a second client connects"));
        s.finds(&format!("{kind}, a new client"), call.result()??);
        sys::accept(&listener)?;
        let (_, call) = wait()?;
        send(one.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
        s.does(format_args!("{kind}: the first client sends"));
        s.finds(&format!("{kind}, a message"), call.result()??);
        let _third = connect_to_it()?;
        s.does(format_args!("{kind}: it is unread, and a third connects"));
        scene::until_readable(&listener)?;
        let both = select_both(&listener, &connection)?;
        s.finds(&format!("{kind}, both"), both);
    }
    Ok(())
}

/// What the server reads when a client ends its connection in four ways.
fn end_of_file(s: &mut Story) -> Result<()> {
    for kind in ["TCP", "local"] {
        for way in ["close", "shutdown", "reset"] {
            if (kind, way) == ("local", "reset") {
                continue;
            }
            let (client, server) = scene::pair(kind)?;
            let kept = match way {
                "close" => {
                    drop(client);
                    None
                }
                "shutdown" => {
                    shutdown(client.as_raw_fd(), Shutdown::Write)?;
                    Some(client)
                }
                _ => {
                    scene::reset(client)?;
                    None
                }
            };
            scene::until_readable(&server)?;
            s.does(format_args!("{kind}: the client's end: {way}; read"));
            let end = scene::count(read(&server, &mut [0; 512]));
            s.finds(&format!("{kind}, {way}"), end);
            let Some(client) = kept else { continue };
            drop(server);
            s.does(format_args!("{kind}: the server closes its socket"));
            let end = scene::count(read(&client, &mut [0; 512]));
            s.finds(&format!("{kind}, the client reads"), end);
        }
    }
    Ok(())
}

/// What one read gives: of two sends, and of one that is longer.
fn one_read_one_line(s: &mut Story) -> Result<()> {
    for kind in ["TCP", "local"] {
        let (client, server) = scene::pair(kind)?;
        for text in ["one", "two"] {
            send(client.as_raw_fd(), text.as_bytes(), sys::MSG_NOSIGNAL)?;
        }
        scene::until_unread(&server, 6)?;
        s.does(format_args!("{kind}: two sends, \"one\" and \"two\": read"));
        let mut buffer = [0; 512];
        let read_once = read(&server, &mut buffer)?;
        let text = buffer[..read_once].escape_ascii().to_string();
        s.finds(&format!("{kind}, two sends"), text);
        send(client.as_raw_fd(), &[b'x'; 600], sys::MSG_NOSIGNAL)?;
        scene::until_unread(&server, 600)?;
        s.does(format_args!("{kind}: one send of 600 bytes: read twice"));
        let (first, second) =
            (read(&server, &mut buffer)?, read(&server, &mut buffer)?);
        s.finds(
            &format!("{kind}, one send of 600"),
            format!("{first} and {second}"),
        );
    }
    Ok(())
}

/// Ports through the conversions %hd and %hu of the C library's printf.
fn port_as_short(s: &mut Story) -> Result<()> {
    for port in [5555, 32_767, 32_768, 50_000] {
        s.does(format_args!("printf(\"%hd\", {port})"));
        s.finds(&format!("%hd of {port}"), formatted(c"%hd", port));
    }
    s.finds("%hu of 50000", formatted(c"%hu", 50_000));
    let (client, _server) = scene::tcp_pair()?;
    let own: SockaddrIn = getsockname(client.as_raw_fd())?;
    s.does(format_args!(
        "the kernel gave a client port {}: %hd prints {}",
        own.port(),
        formatted(c"%hd", own.port())
    ));
    Ok(())
}

/// One client's connection fails; what is left of the others.
fn one_read_fails(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(8)?;
    let mut server = Example::new(listener);
    let (one, other) = (scene::tcp()?, scene::tcp()?);
    connect(one.as_raw_fd(), &address)?;
    connect(other.as_raw_fd(), &address)?;
    while server.clients.len() < 2 {
        server.round()?;
    }
    scene::reset(one)?;
    s.does("of two clients, one resets its connection");
    s.finds("the read that the example ends at", told(&server.round()?));
    send(other.as_raw_fd(), b"still here", sys::MSG_NOSIGNAL)?;
    s.does("a server that went on: the other client sends");
    s.finds("the other client", told(&server.round()?));
    let third = scene::tcp()?;
    connect(third.as_raw_fd(), &address)?;
    s.does("a third client connects");
    s.finds("a new client", told(&server.round()?));
    Ok(())
}

/// What a C program prints with %s after each read into one buffer.
fn printed_as_string(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let mut buffer = [0; 512];
    for (label, bytes) in [
        ("a text with its NUL", &b"Yow!!!\0"[..]),
        ("\"hi\" without, next in the buffer", b"hi"),
        ("a NUL in the middle", b"one\0two\0"),
        ("512 bytes without a NUL", &[b'x'; 512]),
    ] {
        send(client.as_raw_fd(), bytes, sys::MSG_NOSIGNAL)?;
        scene::until_unread(&server, bytes.len())?;
        let count = read(&server, &mut buffer)?;
        s.does(format_args!("read {count} bytes: {label}"));
        let printed = CStr::from_bytes_until_nul(&buffer).map_or_else(
            |_| "no end in the buffer".to_owned(),
            |text| text.to_bytes().escape_ascii().to_string(),
        );
        s.finds(label, printed);
    }
    Ok(())
}

/// A descriptor beyond those that an `fd_set` has bits for.
fn beyond_the_set(s: &mut Story) -> Result<()> {
    let bits = size_of::<libc::fd_set>() * 8;
    s.finds("bits in an fd_set", bits);
    let beyond = i32::try_from(bits)?;
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if hard <= u64::try_from(beyond)? {
        bail!(Skip(format!("may have only {hard} descriptors")));
    }
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(4096), hard)?;
    let (client, server) = scene::tcp_pair()?;
    let high = fcntl(&server, FcntlArg::F_DUPFD_CLOEXEC(beyond))?;
    // SAFETY: fcntl has just made it, and nobody else knows the number.
    #[expect(unsafe_code, reason = "nix gives a bare number")]
    let high = unsafe { OwnedFd::from_raw_fd(high) };
    s.does(format_args!(
        "a connection as descriptor {}",
        high.as_raw_fd()
    ));
    send(client.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    scene::until_readable(&high)?;
    s.finds("poll", is_ready(&high)?);
    // FD_SET in C writes behind the set instead.
    let inserted = std::panic::catch_unwind(|| {
        FdSet::new().insert(high.as_fd());
    });
    let inserted = if inserted.is_ok() {
        "inserts"
    } else {
        "panics"
    };
    s.finds("FdSet::insert", inserted);
    Ok(())
}

/// Three clients for a listening socket with a backlog of 1.
fn backlog_of_one(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let mut clients = Vec::new();
    for _ in 0..3 {
        let client = scene::tcp_nonblocking()?;
        match connect(client.as_raw_fd(), &address) {
            Ok(()) | Err(Errno::EINPROGRESS) => clients.push(client),
            Err(errno) => return Err(errno).context("connect"),
        }
        if clients.len() < 3 {
            scene::until_writable(&clients[clients.len() - 1])?;
        }
    }
    s.does("two clients are connected, nobody calls accept; a third connects");
    scene::until_dropped(&listener, 0)?;
    s.finds("waiting for accept", sys::accept_queue(&listener)?.waiting);
    s.finds("the third client", connected(&clients[2])?);
    sys::accept(&listener)?;
    s.does("accept; the third client's kernel asks again after about 1 s");
    scene::until_writable(&clients[2])?;
    s.finds("the third client after an accept", connected(&clients[2])?);
    Ok(())
}

/// accept without a free descriptor: what is lost, and what is not.
fn accept_fails(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(8)?;
    let (one, other) = (scene::tcp()?, scene::tcp()?);
    connect(one.as_raw_fd(), &address)?;
    let (served, _) = sys::accept(&listener)?;
    connect(other.as_raw_fd(), &address)?;
    send(other.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    // The lowest number that is free is the highest that is allowed.
    let free = listener.try_clone()?;
    let limit = u64::try_from(free.as_raw_fd())?;
    drop(free);
    setrlimit(Resource::RLIMIT_NOFILE, limit, hard)?;
    s.does(format_args!("no descriptor from {limit} on; accept"));
    let refused = sys::accept(&listener).map(drop);
    let listening = accept_would(&listener);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard)?;
    s.finds_result("no descriptor is left", refused);
    s.finds("once more", listening);
    send(one.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    scene::until_readable(&served)?;
    s.finds("the client that is served", is_ready(&served)?);
    s.does("descriptors are free again; accept");
    let (accepted, _) = sys::accept(&listener)?;
    let mut buffer = [0; 512];
    let count = read(&accepted, &mut buffer)?;
    let text = buffer[..count].escape_ascii().to_string();
    s.finds("the client that had to wait", text);
    Ok(())
}

/// The two things in the listing that compilers of today refuse, in lines of
/// our own.
fn server_as_printed(s: &mut Story) -> Result<()> {
    for (label, lines) in [
        (
            "inet_ntoa with its header",
            "#include <arpa/inet.h>
             char *f(struct in_addr a) { return inet_ntoa(a); }",
        ),
        (
            "inet_ntoa without",
            "#include <netinet/in.h>
             char *f(struct in_addr a) { return inet_ntoa(a); }",
        ),
        (
            "size_t for accept",
            "#include <sys/socket.h>
             int f(int s, size_t *n) { return accept(s, 0, n); }",
        ),
    ] {
        let words: Vec<&str> = lines.split_whitespace().collect();
        s.does(format_args!("cc: {}", words.join(" ")));
        s.finds(label, scene::compiles(&STRICT, lines)?);
    }
    Ok(())
}

/// A length of type `size_t` where accept wants a `socklen_t`.
fn length_of_another_type(s: &mut Story) -> Result<()> {
    s.finds("size_t, bytes", size_of::<libc::size_t>());
    s.finds("socklen_t, bytes", size_of::<libc::socklen_t>());
    let room = size_of::<libc::sockaddr_in>() as u64;
    for (label, length) in [
        ("little-endian, 16", room),
        ("with a set bit above", room | 1 << 32),
        ("as a big-endian machine has it", room << 32),
    ] {
        let (listener, address) = scene::listener(1)?;
        let client = scene::tcp()?;
        connect(client.as_raw_fd(), &address)?;
        let own: SockaddrIn = getsockname(client.as_raw_fd())?;
        let (length, port) = accept_with(&listener, length)?;
        s.does(format_args!("{label}: accept tells port {port}"));
        s.finds(
            label,
            format!(
                "length {length:#x}, {}",
                if port == own.port() {
                    "the address"
                } else {
                    "no address"
                }
            ),
        );
    }
    Ok(())
}

/// select with a set that it has written to before, and with a copy.
fn copy_of_the_set(s: &mut Story) -> Result<()> {
    let (one, first) = scene::tcp_pair()?;
    let (other, second) = scene::tcp_pair()?;
    let mut active = FdSet::new();
    active.insert(first.as_fd());
    active.insert(second.as_fd());
    let mut set = active;
    send(one.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    scene::until_readable(&first)?;
    s.does("two clients in the set, the first has sent: select");
    let mut no_time = TimeVal::zero();
    select(None, &mut set, None, None, &mut no_time)?;
    s.finds("descriptors in the set before", active.fds(None).count());
    s.finds("in it afterwards", set.fds(None).count());
    read(&first, &mut [0; 512])?;
    send(other.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    scene::until_readable(&second)?;
    s.does("now the second one has sent: select with that set");
    let again = select(None, &mut set, None, None, &mut no_time)?;
    s.finds("reported with the same set", again);
    let mut copy = active;
    let copied = select(None, &mut copy, None, None, &mut no_time)?;
    s.does("and with a copy of the first set");
    s.finds("reported with a copy", copied);
    Ok(())
}

/// A server that is started again at its port: with `SO_REUSEADDR` in no run,
/// in the second, and in both.
fn started_again(s: &mut Story) -> Result<()> {
    for (label, first, second) in [
        ("SO_REUSEADDR in neither run", false, false),
        ("in the second run", false, true),
        ("in both", true, true),
    ] {
        let listener = scene::tcp()?;
        setsockopt(&listener, sockopt::ReuseAddr, &first)?;
        bind(listener.as_raw_fd(), &scene::loopback(0))?;
        let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
        listen(&listener, Backlog::new(1)?)?;
        let client = scene::tcp()?;
        connect(client.as_raw_fd(), &address)?;
        let (connection, _) = sys::accept(&listener)?;
        // As when the server's process ends: its end closes first.
        drop(connection);
        drop(listener);
        read(&client, &mut [0; 1])?;
        drop(client);
        s.does(format_args!(
            "the server at {address} ended first; bind again"
        ));
        let again = scene::tcp()?;
        setsockopt(&again, sockopt::ReuseAddr, &second)?;
        s.finds_result(label, bind(again.as_raw_fd(), &address));
    }
    Ok(())
}

/// select has reported the listening socket: what accept finds there.
fn reported_and_gone(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    scene::until_readable(&listener)?;
    scene::reset(client)?;
    s.does("a client connects and resets before accept");
    s.finds("select still reports it", is_ready(&listener)?);
    let accepted = sys::accept(&listener);
    s.finds_result("accept", accepted.as_ref().map_err(|errno| *errno));
    if let Ok((connection, _)) = accepted {
        scene::until_readable(&connection)?;
        let end = scene::count(read(&connection, &mut [0; 512]));
        s.finds("read from it", end);
    }
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    scene::until_readable(&listener)?;
    sys::accept(&listener)?;
    s.does("a client connects, and another process accepts it first");
    let waiting = listener.try_clone()?;
    let mut call = Call::make(move || sys::accept(&waiting).map(drop))?;
    let state = call.state(libc::SYS_accept)?;
    s.finds("accept after that", state);
    // Lets it go.
    connect(scene::tcp()?.as_raw_fd(), &address)?;
    call.result()??;
    Ok(())
}

/// A client that is gone while the network is down, so that nothing of its
/// end arrives.
fn gone_without_a_word(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let keeps = getsockopt(&server, sockopt::KeepAlive)?;
    s.finds("SO_KEEPALIVE by default", if keeps { "on" } else { "off" });
    network::ip("link set lo down\n")?;
    s.does("the network is down; the client resets its connection");
    scene::reset(client)?;
    network::ip("link set lo up\n")?;
    // Behind it in the same network: what comes of the first would be here.
    let (later, other) = scene::tcp_pair()?;
    send(later.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
    scene::until_readable(&other)?;
    s.does("the network is up; another client connects and sends");
    s.finds("the other client", is_ready(&other)?);
    s.finds("the one that is gone", is_ready(&server)?);
    Ok(())
}

/// The example's loop: one select for everybody, then an accept or a read for
/// each descriptor that it reports.
struct Example {
    listener: OwnedFd,
    clients: Vec<OwnedFd>,
}

/// What came of one descriptor.
enum Event {
    Connected,
    Text(String),
    End,
    Failed(Errno),
}

impl Example {
    fn new(listener: OwnedFd) -> Example {
        let clients = Vec::new();
        Example { listener, clients }
    }

    /// One turn of the loop. A client whose read fails is closed, where the
    /// manual's server ends.
    fn round(&mut self) -> Result<Vec<Event>> {
        let mut set = FdSet::new();
        for socket in self.clients.iter().chain([&self.listener]) {
            set.insert(socket.as_fd());
        }
        let mut limit = TimeVal::seconds(10);
        select(None, &mut set, None, None, &mut limit).context("select")?;
        let ready: Vec<RawFd> =
            set.fds(None).map(|socket| socket.as_raw_fd()).collect();
        ensure!(!ready.is_empty(), "nothing happens");
        let mut events = Vec::new();
        for number in ready {
            if number == self.listener.as_raw_fd() {
                let (client, _) = sys::accept(&self.listener)?;
                self.clients.push(client);
                events.push(Event::Connected);
                continue;
            }
            let mut buffer = [0; 512];
            let heard = recv(number, &mut buffer, MsgFlags::empty());
            if !matches!(heard, Ok(1..)) {
                self.clients.retain(|client| client.as_raw_fd() != number);
            }
            events.push(match heard {
                Ok(0) => Event::End,
                Ok(count) => {
                    Event::Text(buffer[..count].escape_ascii().to_string())
                }
                Err(errno) => Event::Failed(errno),
            });
        }
        Ok(events)
    }
}

fn is_text(event: &Event) -> bool {
    matches!(event, Event::Text(_))
}

/// What happened in a round.
fn told(events: &[Event]) -> String {
    let words: Vec<String> = events
        .iter()
        .map(|event| match event {
            Event::Connected => "connected".to_owned(),
            Event::Text(text) => text.clone(),
            Event::End => "end of file".to_owned(),
            Event::Failed(errno) => format!("{errno:?}"),
        })
        .collect();
    words.join(", ")
}

/// A client's end and the server's.
type Connection = (OwnedFd, OwnedFd);

/// Two connections of each kind.
fn two_connections() -> Result<[(&'static str, Connection, Connection); 2]> {
    Ok([
        ("TCP", scene::tcp_pair()?, scene::tcp_pair()?),
        ("local", scene::local_pair()?, scene::local_pair()?),
    ])
}

/// Makes a client that is connected.
type Connect = Box<dyn Fn() -> Result<OwnedFd>>;

/// A listening socket of this kind, and how to connect to it.
fn listening(kind: &str) -> Result<(OwnedFd, Connect)> {
    if kind == "TCP" {
        let (listener, address) = scene::listener(8)?;
        let connect_to_it = move || {
            let client = scene::tcp()?;
            connect(client.as_raw_fd(), &address)?;
            Ok(client)
        };
        return Ok((listener, Box::new(connect_to_it)));
    }
    let (listener, address) = scene::local_listener(8)?;
    let connect_to_it = move || {
        let client = scene::local(SockType::Stream)?;
        connect(client.as_raw_fd(), &address)?;
        Ok(client)
    };
    Ok((listener, Box::new(connect_to_it)))
}

/// Which of the two sockets pselect reports, when it reports one.
fn select_both(
    listener: &OwnedFd,
    connection: &OwnedFd,
) -> nix::Result<&'static str> {
    let mut set = FdSet::new();
    set.insert(listener.as_fd());
    set.insert(connection.as_fd());
    pselect(None, &mut set, None, None, None, None::<&SigSet>)?;
    let listening = set.contains(listener.as_fd());
    Ok(match (listening, set.contains(connection.as_fd())) {
        (true, true) => "both",
        (true, false) => "the listening socket",
        (false, true) => "the connection",
        (false, false) => "neither",
    })
}

/// What poll says of a socket at this moment.
fn is_ready(socket: &OwnedFd) -> Result<&'static str> {
    let mut asked = [PollFd::new(socket.as_fd(), PollFlags::POLLIN)];
    let ready = poll(&mut asked, PollTimeout::ZERO)?;
    Ok(if ready == 1 { "ready" } else { "not ready" })
}

/// Whether a socket's attempt has succeeded.
fn connected(socket: &OwnedFd) -> Result<&'static str> {
    match getpeername::<SockaddrIn>(socket.as_raw_fd()) {
        Ok(_) => Ok("connected"),
        Err(Errno::ENOTCONN) => Ok("not yet connected"),
        Err(errno) => Err(errno).context("getpeername"),
    }
}

fn accept_would(listener: &OwnedFd) -> String {
    scene::name(sys::accept(listener))
}

/// What the C library's printf makes of a port with this conversion.
fn formatted(conversion: &CStr, port: u16) -> String {
    let mut buffer = [0_u8; 16];
    // SAFETY: snprintf writes at most the given number of bytes, and each of
    // the conversions takes one int.
    #[expect(unsafe_code, reason = "Rust has no such conversion")]
    unsafe {
        libc::snprintf(
            buffer.as_mut_ptr().cast(),
            buffer.len(),
            conversion.as_ptr(),
            libc::c_int::from(port),
        );
    }
    CStr::from_bytes_until_nul(&buffer)
        .map_or_else(|_| String::new(), |text| text.to_string_lossy().into())
}

/// Calls accept with a length of 64 bits. Gives back that length and the port
/// of the address, which is 0 before.
fn accept_with(listener: &OwnedFd, mut length: u64) -> Result<(u64, u16)> {
    // SAFETY: all of an address is numbers, and 0 is one.
    #[expect(unsafe_code, reason = "a C structure to be filled in")]
    let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel reads 4 of the 8 bytes of `length`. They say 16 or
    // 0, and `address` has 16.
    #[expect(unsafe_code, reason = "the fault of the listing")]
    let accepted = unsafe {
        libc::accept(
            listener.as_raw_fd(),
            (&raw mut address).cast(),
            (&raw mut length).cast(),
        )
    };
    // SAFETY: accept has just made it, and nobody else knows the number.
    #[expect(unsafe_code, reason = "takes over a bare number")]
    drop(unsafe { OwnedFd::from_raw_fd(Errno::result(accepted)?) });
    Ok((length, u16::from_be(address.sin_port)))
}
