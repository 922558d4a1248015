//! Claims about connections at large: who asks whom, and what comes of it.

use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result, bail};
use nix::libc;
use nix::sys::socket::{
    Backlog, MsgFlags, Shutdown, SockType, SockaddrIn, bind, connect,
    getpeername, getsockname, getsockopt, listen, recv, send, setsockopt,
    shutdown, sockopt,
};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Call};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("introduction.rs");

const SEEN: &[&str] = &["Linux 6.18"];

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "INT-01",
        says: "The two sides do different things: one asks for the \
               connection, one waits to be asked.",
        posix: "",
        outcome: OnlyIf(
            "one of them listens: two TCP sockets that both ask are connected \
             too, and of a socketpair neither asks",
        ),
        why: "Two SYNs that cross make one connection: RFC 9293, 3.5 calls it \
              a simultaneous open. socketpair gives two local sockets that \
              are connected from the start (socketpair(2)).",
        finds: &[
            ("one waits in accept", "waits"),
            ("one asks", "success"),
            ("the one that waited", "success"),
            ("both ask, the first", "EINPROGRESS, 0"),
            ("both ask, the second", "success"),
            ("both ask, what arrives", "5 and 5 bytes"),
            ("a socketpair, what arrives", "5 and 5 bytes"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect.md",
        probe: probe!(who_asks),
    },
    Claim {
        id: "INT-02",
        says: "There are a client and a server.",
        posix: "",
        outcome: OnlyIf(
            "you ask how the connection came about: afterwards its ends are \
             equal, and one socket can be both",
        ),
        why: "The kernel marks the socket that listens, and that one has no \
              connection. Either end may send first and end first, and a \
              socket that connects to its own port is its own server \
              (measured).",
        finds: &[
            ("SO_ACCEPTCONN, the listening socket", "true"),
            ("SO_ACCEPTCONN, the client's end", "false"),
            ("SO_ACCEPTCONN, the server's end", "false"),
            ("the server sends first", "5 bytes"),
            ("the server ends first", "end of stream"),
            ("connected to its own port", "success"),
            ("its peer has its own address", "yes"),
            ("what it sends arrives at itself", "5 bytes"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/review.md",
        probe: probe!(which_is_the_server),
    },
    Claim {
        id: "INT-03",
        says: "With the socket that was connected to, data is exchanged many \
               times.",
        posix: "",
        outcome: OnlyIf(
            "the socket that accept makes counts as the same: the one that \
             was asked goes on listening and carries no data",
        ),
        why: "Both have one address and port, so the client sees no \
              difference (measured). A connected UDP socket hears that one \
              peer and nobody else (connect(2)).",
        finds: &[
            ("TCP, 100 questions", "100 answers"),
            ("recv on the listening socket", "ENOTCONN"),
            ("the peer has the address of the call", "yes"),
            ("local, 100 questions", "100 answers"),
            ("UDP, 100 questions", "100 answers"),
            ("UDP, a stranger's message", "EAGAIN"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "03-accept/accept.md",
        probe: probe!(again_and_again),
    },
    Claim {
        id: "INT-04",
        says: "The header sys/socket.h declares the six calls with the \
               arguments and results that the manual prints.",
        posix: "sys/socket.h: listen takes an int; connect and send take a \
                pointer to const; send and recv return ssize_t.",
        outcome: Differs(
            "All six are there and can be called so; four are declared \
             otherwise than they are printed.",
        ),
        why: "The compiler compares a second declaration with the header's, \
              which is the C library's: 2.36 here. connect and send lack a \
              `const` in print. The backlog of listen is an int, and send and \
              recv return ssize_t.",
        finds: &[
            ("a program that calls all six", "compiles"),
            ("connect, declared as printed", "conflicts"),
            ("listen, declared as printed", "conflicts"),
            ("accept, declared as printed", "compiles"),
            ("getpeername, declared as printed", "compiles"),
            ("send, declared as printed", "conflicts"),
            ("recv, declared as printed", "conflicts"),
        ],
        seen: SEEN,
        needs: &["linux", "tool:cc"],
        page: "00-first-contact/man-pages.md",
        probe: probe!(six_declarations),
    },
    Claim {
        id: "INT-50",
        says: "A connection lasts as long as any descriptor of it is open, \
               unless shutdown ends it.",
        posix: "",
        outcome: Holds,
        why: "A duplicate, in this process or in a child, is one more name of \
              the same socket, and the kernel closes it with the last one \
              (close(2)). shutdown is about the connection and asks no \
              descriptor (shutdown(2)).",
        finds: &[
            ("one of two descriptors closed", "EAGAIN"),
            ("the last one closed", "end of stream"),
            ("shutdown, a duplicate is open", "end of stream"),
        ],
        seen: SEEN,
        needs: &[],
        page: "05-transfer/endings.md",
        probe: probe!(the_last_descriptor),
    },
    Claim {
        id: "INT-51",
        says: "There is a kind of connection that keeps messages apart: \
               SOCK_SEQPACKET.",
        posix: "",
        outcome: Holds,
        why: "Linux has it for local sockets (unix(7)): made by connect, \
              listen and accept like a stream, but one recv takes one \
              message, and what does not fit is lost (socket(2)). A stream \
              is bytes without seams.",
        finds: &[
            ("connect and accept", "success"),
            ("two messages, recv of 8 bytes", "5 bytes"),
            ("recv of 2 bytes", "2 bytes"),
            ("the rest of it", "EAGAIN"),
            ("the same two on a stream, recv of 8 bytes", "8 bytes"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "05-transfer/recv.md",
        probe: probe!(connected_messages),
    },
    Claim {
        id: "INT-52",
        says: "A client can connect, send and be gone before the server \
               accepts it.",
        posix: "",
        outcome: Holds,
        why: "The kernels make the connection and carry its data; accept \
              only takes it out of the queue (listen(2)). A client that ended \
              by a reset is in the queue as well: accept succeeds, and recv \
              tells (measured).",
        finds: &[
            ("TCP, accept", "success"),
            ("TCP, then recv", "5 bytes, end of stream"),
            ("TCP, accept after a reset", "success"),
            ("TCP, then recv after a reset", "ECONNRESET, end of stream"),
            ("local, accept", "success"),
            ("local, then recv", "5 bytes, end of stream"),
        ],
        seen: SEEN,
        needs: &["linux"],
        page: "01-connect/connect.md",
        probe: probe!(gone_before_accept),
    },
    Claim {
        id: "INT-53",
        says: "A connection outlives the cable: where the way is cut, neither \
               side is told.",
        posix: "",
        outcome: Holds,
        why: "A connection is what the two kernels remember, and TCP sends \
              again what was not acknowledged, for minutes (RFC 9293, 3.8.3). \
              Where the cable comes back in time, the program notices \
              nothing but the delay (measured).",
        finds: &[
            ("the cable is cut, send", "success"),
            ("recv at this end", "EAGAIN"),
            ("recv at the other end", "EAGAIN"),
            ("getpeername", "success"),
            ("the cable is back, what arrives", "5 bytes"),
        ],
        seen: SEEN,
        needs: &["linux", "userns", "tool:ip"],
        page: "04-getpeername/peer-gone.md",
        probe: probe!(a_cut_cable),
    },
];

/// One side waits and the other asks; both ask; nobody asks.
fn who_asks(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    s.does(format_args!("a server waits in accept at {address}"));
    let mut accepting = Call::make(move || sys::accept(&listener).map(|_| ()))?;
    s.finds("one waits in accept", accepting.state(libc::SYS_accept)?);
    s.does("a client asks by connect");
    let client = scene::tcp()?;
    let result = connect(client.as_raw_fd(), &address);
    s.finds_result("one asks", result);
    s.finds_result("the one that waited", accepting.result()?);

    // The first SYN must get no answer before the second side asks too: it
    // goes to a listening socket that has no room, and is dropped there.
    let (listener, address) = full_queue_on_a_shared_port()?;
    let first = scene::tcp()?;
    bind(first.as_raw_fd(), &scene::loopback(0))?;
    let own: SockaddrIn = getsockname(first.as_raw_fd())?;
    s.does(format_args!("{own} asks {address}, and nobody answers"));
    scene::set_nonblocking(&first, true)?;
    let begun = scene::name(connect(first.as_raw_fd(), &address));
    let second = scene::tcp()?;
    setsockopt(&second, sockopt::ReusePort, &true)?;
    bind(second.as_raw_fd(), &address).context("bind the second")?;
    s.does(format_args!("{address} asks {own}"));
    let result = connect(second.as_raw_fd(), &own);
    scene::until_writable(&first)?;
    let error = getsockopt(&first, sockopt::SocketError)?;
    s.finds("both ask, the first", format_args!("{begun}, {error}"));
    s.finds_result("both ask, the second", result);
    drop(listener);
    s.finds("both ask, what arrives", both_ways(&first, &second)?);

    s.does("socketpair: two sockets, and no call of connect");
    let (first, second) = scene::local_pair()?;
    s.finds("a socketpair, what arrives", both_ways(&first, &second)?);
    Ok(())
}

/// Looks for a difference between the ends, and for a socket that is both.
fn which_is_the_server(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let (server, _) = sys::accept(&listener)?;
    s.does(format_args!(
        "a client connects to {address}; ask all three"
    ));
    for (label, socket) in [
        ("SO_ACCEPTCONN, the listening socket", &listener),
        ("SO_ACCEPTCONN, the client's end", &client),
        ("SO_ACCEPTCONN, the server's end", &server),
    ] {
        s.finds(label, getsockopt(socket, sockopt::AcceptConn)?);
    }
    s.does("the server's end sends 5 bytes, and then ends its direction");
    send(server.as_raw_fd(), b"hello", MsgFlags::empty())?;
    s.finds("the server sends first", scene::what_comes(&client, 5)?);
    shutdown(server.as_raw_fd(), Shutdown::Write)?;
    s.finds("the server ends first", scene::what_comes(&client, 5)?);

    let (alone, own) = scene::nobody()?;
    s.does(format_args!("a socket bound to {own} connects to {own}"));
    let result = connect(alone.as_raw_fd(), &own);
    s.finds_result("connected to its own port", result);
    let peer: SockaddrIn = getpeername(alone.as_raw_fd())?;
    s.finds("its peer has its own address", scene::yes_no(peer == own));
    send(alone.as_raw_fd(), b"hello", MsgFlags::empty())?;
    let label = "what it sends arrives at itself";
    s.finds(label, scene::what_comes(&alone, 5)?);
    Ok(())
}

/// A question and its answer, a hundred times on each kind of connection.
fn again_and_again(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    let (server, _) = sys::accept(&listener)?;
    s.does(format_args!("100 questions over a connection to {address}"));
    s.finds("TCP, 100 questions", answers(&client, &server)?);
    let listening = listener.as_raw_fd();
    let result = recv(listening, &mut [0; 8], MsgFlags::MSG_DONTWAIT);
    s.finds_result("recv on the listening socket", result);
    let peer: SockaddrIn = getpeername(client.as_raw_fd())?;
    s.finds(
        "the peer has the address of the call",
        scene::yes_no(peer == address),
    );
    s.does("100 questions over a local connection");
    let (client, server) = scene::local_pair()?;
    s.finds("local, 100 questions", answers(&client, &server)?);

    let (client, server) = (scene::udp()?, scene::udp()?);
    bind(client.as_raw_fd(), &scene::loopback(0))?;
    bind(server.as_raw_fd(), &scene::loopback(0))?;
    let own: SockaddrIn = getsockname(client.as_raw_fd())?;
    let address: SockaddrIn = getsockname(server.as_raw_fd())?;
    connect(client.as_raw_fd(), &address)?;
    connect(server.as_raw_fd(), &own)?;
    s.does(format_args!(
        "UDP: a stranger sends a message of 9 to {own}"
    ));
    let stranger = scene::udp()?;
    connect(stranger.as_raw_fd(), &own)?;
    send(stranger.as_raw_fd(), b"it is me!", MsgFlags::empty())?;
    s.does(format_args!(
        "then 100 questions between {own} and {address}"
    ));
    s.finds("UDP, 100 questions", answers(&client, &server)?);
    // It came before all answers, so it is not late either.
    let result = recv(client.as_raw_fd(), &mut [0; 16], MsgFlags::MSG_DONTWAIT);
    s.finds("UDP, a stranger's message", scene::what_came(result));
    Ok(())
}

/// The declarations of the manual, compiled after the header's own.
fn six_declarations(s: &mut Story) -> Result<()> {
    s.does("cc: a program that calls all six with the printed arguments");
    let calls = "int all (int s, struct sockaddr *a, socklen_t n, char *b)\n\
                 {\n\
                 return connect (s, a, n) + listen (s, 1u)\n\
                 + accept (s, a, &n) + getpeername (s, a, &n)\n\
                 + (int) send (s, b, sizeof b, 0)\n\
                 + (int) recv (s, b, sizeof b, 0);\n\
                 }\n";
    s.finds("a program that calls all six", compiled(calls)?);
    for (call, arguments) in [
        ("connect", "int, struct sockaddr *, socklen_t"),
        ("listen", "int, unsigned int"),
        ("accept", "int, struct sockaddr *, socklen_t *"),
        ("getpeername", "int, struct sockaddr *, socklen_t *"),
        ("send", "int, void *, size_t, int"),
        ("recv", "int, void *, size_t, int"),
    ] {
        let declaration = format!("int {call} ({arguments});\n");
        s.does(format_args!("cc: {}", declaration.trim_end()));
        let label = format!("{call}, declared as printed");
        s.finds(&label, compiled(&declaration)?);
    }
    Ok(())
}

/// Two descriptors of one end; the other end looks after each close.
fn the_last_descriptor(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    let duplicate = client.try_clone()?;
    s.does("close one of the client's two descriptors, and send by the other");
    drop(client);
    // Behind a close would come nothing: a byte shows that none came before.
    send(duplicate.as_raw_fd(), b"x", MsgFlags::empty())?;
    scene::until_readable(&server)?;
    recv(server.as_raw_fd(), &mut [0; 1], MsgFlags::empty())?;
    let result = recv(server.as_raw_fd(), &mut [0], MsgFlags::MSG_DONTWAIT);
    s.finds("one of two descriptors closed", scene::what_came(result));
    s.does("close the other one");
    drop(duplicate);
    s.finds("the last one closed", scene::what_comes(&server, 8)?);
    let (client, server) = scene::tcp_pair()?;
    let _duplicate = client.try_clone()?;
    s.does("call shutdown on one of two descriptors");
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    s.finds(
        "shutdown, a duplicate is open",
        scene::what_comes(&server, 8)?,
    );
    Ok(())
}

/// Messages of 5 and 3 bytes, over both kinds of local connection.
fn connected_messages(s: &mut Story) -> Result<()> {
    let kind = SockType::SeqPacket;
    let (listener, address) = scene::local_bound(kind)?;
    listen(&listener, Backlog::new(1)?)?;
    let client = scene::local(kind)?;
    s.does("socket, connect and accept, of the type SOCK_SEQPACKET");
    connect(client.as_raw_fd(), &address).context("connect")?;
    let accepted = sys::accept(&listener);
    s.finds_result("connect and accept", accepted.as_ref().map_err(|e| *e));
    let (server, _) = accepted?;
    s.does("send 5 bytes, then 3 bytes");
    send(client.as_raw_fd(), b"HELLO", MsgFlags::empty())?;
    send(client.as_raw_fd(), b"YOU", MsgFlags::empty())?;
    let label = "two messages, recv of 8 bytes";
    s.finds(label, scene::what_comes(&server, 8)?);
    s.finds("recv of 2 bytes", scene::what_comes(&server, 2)?);
    let result = recv(server.as_raw_fd(), &mut [0], MsgFlags::MSG_DONTWAIT);
    s.finds("the rest of it", scene::what_came(result));

    let (client, server) = scene::local_pair()?;
    s.does("the same on a stream");
    send(client.as_raw_fd(), b"HELLO", MsgFlags::empty())?;
    send(client.as_raw_fd(), b"YOU", MsgFlags::empty())?;
    let label = "the same two on a stream, recv of 8 bytes";
    s.finds(label, scene::what_comes(&server, 8)?);
    Ok(())
}

/// Clients that are gone when the server calls accept for the first time.
fn gone_before_accept(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    s.does(format_args!(
        "connect to {address}, send 5 bytes, close; accept"
    ));
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    send(client.as_raw_fd(), b"hello", MsgFlags::empty())?;
    drop(client);
    taken_out(s, &listener, ["TCP, accept", "TCP, then recv"])?;

    s.does(format_args!("connect to {address}, end by a reset; accept"));
    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &address)?;
    scene::reset(client)?;
    let labels = ["TCP, accept after a reset", "TCP, then recv after a reset"];
    taken_out(s, &listener, labels)?;

    let (listener, address) = scene::local_listener(1)?;
    s.does("connect to a local server, send 5 bytes, close; accept");
    let client = scene::local(SockType::Stream)?;
    connect(client.as_raw_fd(), &address)?;
    send(client.as_raw_fd(), b"hello", MsgFlags::empty())?;
    drop(client);
    taken_out(s, &listener, ["local, accept", "local, then recv"])?;
    Ok(())
}

/// Two machines; the other end of the cable between them is switched off.
fn a_cut_cable(s: &mut Story) -> Result<()> {
    let far = network::cabled()?;
    let listener = far.on(scene::tcp)?;
    bind(listener.as_raw_fd(), &network::at(network::FAR, 0))?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    listen(&listener, Backlog::new(1)?)?;
    let client = scene::tcp()?;
    s.does(format_args!("connect to {address}, on another machine"));
    connect(client.as_raw_fd(), &address).context("connect")?;
    let (server, _) = sys::accept(&listener)?;
    s.does("the cable is cut; send 5 bytes");
    far.on(|| network::ip("link set far down\n"))?;
    let result = send(client.as_raw_fd(), b"hello", MsgFlags::empty());
    s.finds_result("the cable is cut, send", result);
    for (label, end) in [
        ("recv at this end", &client),
        ("recv at the other end", &server),
    ] {
        let fd = end.as_raw_fd();
        let result = recv(fd, &mut [0; 8], MsgFlags::MSG_DONTWAIT);
        s.finds(label, scene::what_came(result));
    }
    let result = getpeername::<SockaddrIn>(client.as_raw_fd());
    s.finds_result("getpeername", result);
    s.does("the cable is back; the client's kernel sends again");
    far.on(|| network::ip("link set far up\n"))?;
    let label = "the cable is back, what arrives";
    s.finds(label, scene::what_comes(&server, 8)?);
    Ok(())
}

// ---------------------------------------------------------------------------
// What the probes above share.

/// Accepts, and receives twice.
fn taken_out(
    s: &mut Story,
    listener: &OwnedFd,
    labels: [&str; 2],
) -> Result<()> {
    scene::until_readable(listener)?;
    let accepted = sys::accept(listener);
    s.finds_result(labels[0], accepted.as_ref().map_err(|e| *e));
    let (taken, _) = accepted?;
    let first = scene::what_comes(&taken, 8)?;
    let second = scene::what_comes(&taken, 8)?;
    s.finds(labels[1], format_args!("{first}, {second}"));
    Ok(())
}

/// A listening socket whose queue is full, on a port that other sockets of
/// ours may have as well; the client in the queue stays there.
fn full_queue_on_a_shared_port() -> Result<([OwnedFd; 2], SockaddrIn)> {
    let listener = scene::tcp()?;
    setsockopt(&listener, sockopt::ReusePort, &true)?;
    bind(listener.as_raw_fd(), &scene::loopback(0)).context("bind")?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    listen(&listener, Backlog::new(0)?)?;
    let inside = scene::tcp()?;
    connect(inside.as_raw_fd(), &address).context("connect the first")?;
    scene::until_readable(&listener)?;
    Ok(([listener, inside], address))
}

/// 5 bytes each way, in words.
fn both_ways(first: &OwnedFd, second: &OwnedFd) -> Result<String> {
    send(first.as_raw_fd(), b"hello", MsgFlags::empty())?;
    let there = received(second)?;
    send(second.as_raw_fd(), b"world", MsgFlags::empty())?;
    let back = received(first)?;
    Ok(format!("{there} and {back} bytes"))
}

/// How many of 100 questions are answered: a byte there, a byte back.
fn answers(client: &OwnedFd, server: &OwnedFd) -> Result<String> {
    let mut answered = 0;
    for _ in 0..100 {
        send(client.as_raw_fd(), b"?", MsgFlags::empty())?;
        let asked = received(server)? == 1;
        send(server.as_raw_fd(), b"!", MsgFlags::empty())?;
        if asked && received(client)? == 1 {
            answered += 1;
        }
    }
    Ok(format!("{answered} answers"))
}

/// Waits for something to read; how many bytes one call gets, of up to 16.
fn received(socket: &OwnedFd) -> Result<usize> {
    scene::until_readable(socket)?;
    recv(socket.as_raw_fd(), &mut [0; 16], MsgFlags::MSG_DONTWAIT)
        .context("recv")
}

/// Whether the C compiler takes these lines after the header's.
fn compiled(lines: &str) -> Result<&'static str> {
    let source = format!("#include <sys/socket.h>\n{lines}");
    match scene::compile(&[], &source)? {
        Ok(()) => Ok("compiles"),
        Err(why) if why.contains("conflicting types") => Ok("conflicts"),
        Err(why) => bail!("cc: {why}"),
    }
}
