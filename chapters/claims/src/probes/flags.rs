//! Claims about the flags of `send` and `recv`.

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::poll::PollFlags;
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, Shutdown, SockFlag, SockProtocol,
    SockType, SockaddrIn, bind, connect, getsockname, listen, recv, send,
    setsockopt, shutdown, socket, sockopt,
};

use super::transfer::text;
use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::network;
use crate::scene::{self, Call};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("flags.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "FLG-01",
        says: "The flags are bits: several go into one call by the bitwise OR \
               of their values.",
        posix: "",
        outcome: Holds,
        why: "Each flag is a bit of its own (recv(2)), and each keeps its \
              meaning beside the others; nix makes it a type with the \
              operators of a set.",
        finds: &[
            ("MSG_OOB, MSG_PEEK and MSG_DONTROUTE share a bit", "no"),
            ("MSG_PEEK | MSG_DONTWAIT, nothing there", "EAGAIN"),
            ("MSG_PEEK | MSG_DONTWAIT, hello there", "hello"),
            ("MSG_PEEK | MSG_WAITALL, 5 bytes of 10 there", "waits"),
            ("the same, the other 5 come", "hellothere"),
            ("all of them taken afterwards", "hellothere"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(a_mask),
    },
    Claim {
        id: "FLG-02",
        says: "A C program gets the names of the flags from sys/socket.h.",
        posix: "sys/socket.h: MSG_CTRUNC, MSG_EOR, MSG_NOSIGNAL, MSG_TRUNC and \
                MSG_WAITALL, too.",
        outcome: Holds,
        why: "The compiler was given a few lines with that header and without \
              (measured). MSG_DONTWAIT, of Linux and the BSDs, is there as \
              well.",
        finds: &[
            (
                "MSG_OOB, MSG_PEEK, MSG_DONTROUTE, with the header",
                "compiles",
            ),
            ("the same in strict C99 with POSIX", "compiles"),
            ("MSG_NOSIGNAL, MSG_WAITALL, MSG_DONTWAIT", "compiles"),
            ("without the header", "does not compile"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:cc"],
        page: "05-transfer/peek.md",
        probe: probe!(the_header),
    },
    Claim {
        id: "FLG-03",
        says: "With MSG_OOB send sends out-of-band data, and recv receives \
               them.",
        posix: "send(): only on sockets that have out-of-band data; else \
                EOPNOTSUPP.",
        outcome: OnlyIf(
            "the socket is TCP or a local stream; others refuse the flag with \
             EOPNOTSUPP, and recv on UDP ignores it",
        ),
        why: "TCP has the urgent pointer (tcp(7)). Local streams have such a \
              byte, too, though unix(7) of 2022 denies it (measured on 6.18). \
              Datagrams have nothing of the kind.",
        finds: &[
            ("TCP, sent with the flag, received with it", "!"),
            ("local stream, sent with the flag, received with it", "!"),
            ("UDP, send with it", "EOPNOTSUPP"),
            ("UDP, recv with it", "hello"),
            ("local SOCK_SEQPACKET, send with it", "EOPNOTSUPP"),
            ("local SOCK_SEQPACKET, recv with it", "EOPNOTSUPP"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "09-out-of-band/oob.md",
        probe: probe!(out_of_band),
    },
    Claim {
        id: "FLG-04",
        says: "recv with MSG_PEEK gives the data and leaves them in the queue.",
        posix: "",
        outcome: Holds,
        why: "Every peek begins at the first byte that nobody has taken \
              (recv(2)), so a second one gives the same. The end of a stream \
              stays as well.",
        finds: &[
            ("TCP, two peeks and a recv", "hello, hello, hello"),
            ("TCP, bytes in the queue after the peeks", "5"),
            ("local stream, two peeks and a recv", "hello, hello, hello"),
            ("UDP, two peeks and a recv", "hello, hello, hello"),
            ("TCP, the stream has ended", "0 bytes, 0 bytes, 0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/peek.md",
        probe: probe!(peek),
    },
    Claim {
        id: "FLG-05",
        says: "MSG_PEEK means something to input, and nothing to send.",
        posix: "",
        outcome: Holds,
        why: "send takes the flag and does nothing with it: no error, and the \
              bytes go (measured; send(2) does not list the flag).",
        finds: &[
            ("TCP, send with it", "success"),
            ("TCP, what the peer gets", "hello"),
            ("local stream, send with it", "success"),
            ("local stream, what the peer gets", "hello"),
            ("UDP, send with it", "success"),
            ("UDP, what the peer gets", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/peek.md",
        probe: probe!(send_with_peek),
    },
    Claim {
        id: "FLG-06",
        says: "MSG_DONTROUTE means something to output, and nothing to recv.",
        posix: "sys/socket.h has the flag; send() and recv() do not list it.",
        outcome: Holds,
        why: "recv takes the flag and does nothing with it (measured; recv(2) \
              does not list the flag).",
        finds: &[
            ("TCP, recv with it", "hello"),
            ("local stream, recv with it", "hello"),
            ("UDP, recv with it", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/peek.md",
        probe: probe!(recv_with_dontroute),
    },
    Claim {
        id: "FLG-07",
        says: "With MSG_DONTROUTE the message goes without routing \
               information.",
        posix: "sys/socket.h: send without using routing tables.",
        outcome: Differs(
            "The message is the same; what the flag forbids is a way through a \
             gateway, and TCP ignores it.",
        ),
        why: "With the flag the kernel looks for the address on its own \
              networks only, and UDP fails where it is behind a gateway \
              (send(2)). TCP goes the way that connect found; the option \
              SO_DONTROUTE reaches it (socket(7), measured).",
        finds: &[
            (
                "IP header of a datagram without and with it",
                "20, 20 bytes",
            ),
            ("UDP, to a neighbour, with it", "success"),
            ("UDP, behind a gateway, without it", "success"),
            ("UDP, behind a gateway, with it", "ENETUNREACH"),
            (
                "TCP, connected through the gateway, send with it",
                "success",
            ),
            ("TCP, what arrives", "hello"),
            ("TCP, connect with the option SO_DONTROUTE", "ENETUNREACH"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns", "tool:ip"],
        page: "05-transfer/peek.md",
        probe: probe!(through_a_gateway),
    },
    Claim {
        id: "FLG-50",
        says: "Three more flags ask for what programs need: MSG_NOSIGNAL, \
               MSG_WAITALL and MSG_DONTWAIT.",
        posix: "send() has MSG_NOSIGNAL, and recv() has MSG_WAITALL.",
        outcome: Holds,
        why: "Each asks, for one call, what otherwise holds for a whole \
              process (SIGPIPE ignored) or a socket (O_NONBLOCK), or takes a \
              loop (send(2), recv(2)).",
        finds: &[
            ("broken, send with flags 0", "EPIPE, SIGPIPE"),
            ("broken, send with MSG_NOSIGNAL", "EPIPE, no signal"),
            ("3 bytes of 5 there, recv with flags 0", "3 bytes"),
            ("nothing there, recv with MSG_DONTWAIT", "EAGAIN"),
            ("3 bytes of 5 there, recv with MSG_WAITALL", "waits"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(flags_left_out),
    },
    Claim {
        id: "FLG-51",
        says: "The kernel ignores a flag that means nothing to the call, and \
               a bit that is no flag.",
        posix: "send(), recv(): EOPNOTSUPP for a flag that the socket does not \
                support.",
        outcome: Holds,
        why: "Each protocol looks for the bits that it knows (measured). So a \
              call that succeeds does not tell that its flags were heeded. \
              MSG_OOB is the exception: FLG-03.",
        finds: &[
            ("TCP, send with a bit that no flag has", "success"),
            ("TCP, recv with that bit", "hello"),
            ("local stream, send with that bit", "success"),
            ("UDP, send with that bit", "success"),
            ("TCP, send with MSG_WAITALL, a flag of recv", "success"),
            ("TCP, recv with MSG_NOSIGNAL, a flag of send", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(unknown_bits),
    },
    Claim {
        id: "FLG-52",
        says: "A peek takes an error of the connection away, though it leaves \
               all data.",
        posix: "",
        outcome: Holds,
        why: "The error is told once, to whatever call comes first (measured). \
              After the peek a recv sees an end of stream that looks like any \
              other.",
        finds: &[
            ("TCP, reset: a peek", "ECONNRESET"),
            ("TCP, the recv after it", "0 bytes"),
            ("UDP, nobody at the port: a peek", "ECONNREFUSED"),
            ("UDP, the recv after it", "EAGAIN"),
            (
                "local stream, closed with bytes unread: a peek",
                "ECONNRESET",
            ),
            ("local stream, the recv after it", "0 bytes"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(peek_at_an_error),
    },
    Claim {
        id: "FLG-53",
        says: "With SO_PEEK_OFF a second peek begins where the first one \
               ended.",
        posix: "",
        outcome: Holds,
        why: "With the option set to 0 the kernel counts on from peek to peek \
              (socket(7) speaks of local sockets only; TCP has it, too, \
              measured on 6.18). All bytes stay in the queue.",
        finds: &[
            ("local stream, two peeks of 5", "hello, there"),
            ("local stream, a recv of 5 after them", "hello"),
            ("TCP, two peeks of 5", "hello, there"),
            ("TCP, a recv of 5 after them", "hello"),
        ],
        seen: &["Linux 6.18"],
        needs: &["linux"],
        page: "05-transfer/peek.md",
        probe: probe!(peek_further_on),
    },
];

const NONE: MsgFlags = MsgFlags::empty();
const PEEK: MsgFlags = MsgFlags::MSG_PEEK;

/// nix has no name for it, and keeps the bit all the same.
const DONTROUTE: MsgFlags = MsgFlags::from_bits_retain(libc::MSG_DONTROUTE);

/// Several flags in one call.
fn a_mask(s: &mut Story) -> Result<()> {
    let bits = [libc::MSG_OOB, libc::MSG_PEEK, libc::MSG_DONTROUTE];
    s.does(format_args!("the values of the three flags are {bits:?}"));
    let together = bits.iter().fold(0, |sum, bit| sum | bit);
    let share = together != bits.iter().sum::<i32>();
    s.finds(
        "MSG_OOB, MSG_PEEK and MSG_DONTROUTE share a bit",
        scene::yes_no(share),
    );
    let (client, server) = scene::tcp_pair()?;
    let at_once = PEEK | MsgFlags::MSG_DONTWAIT;
    let label = "MSG_PEEK | MSG_DONTWAIT, nothing there";
    s.finds(label, text(&server, 64, at_once));
    send(client.as_raw_fd(), b"hello", NONE)?;
    scene::until_unread(&server, 5)?;
    let label = "MSG_PEEK | MSG_DONTWAIT, hello there";
    s.finds(label, text(&server, 64, at_once));
    let mut call = Call::make({
        let server = server.try_clone()?;
        move || text(&server, 10, PEEK | MsgFlags::MSG_WAITALL)
    })?;
    let label = "MSG_PEEK | MSG_WAITALL, 5 bytes of 10 there";
    s.finds(label, call.state(libc::SYS_recvfrom)?);
    s.does("the client sends \"there\"");
    send(client.as_raw_fd(), b"there", NONE)?;
    s.finds("the same, the other 5 come", call.result()?);
    s.finds("all of them taken afterwards", text(&server, 64, NONE));
    Ok(())
}

/// What a C compiler makes of the names.
fn the_header(s: &mut Story) -> Result<()> {
    let header = "#include <sys/socket.h>\n";
    let three = "int flags = MSG_OOB | MSG_PEEK | MSG_DONTROUTE;\n";
    let more = "int flags = MSG_NOSIGNAL | MSG_WAITALL | MSG_DONTWAIT;\n";
    let strict = &["-std=c99", "-D_POSIX_C_SOURCE=200809L"][..];
    for (label, options, source) in [
        (
            "MSG_OOB, MSG_PEEK, MSG_DONTROUTE, with the header",
            &[][..],
            [header, three],
        ),
        ("the same in strict C99 with POSIX", strict, [header, three]),
        (
            "MSG_NOSIGNAL, MSG_WAITALL, MSG_DONTWAIT",
            &[][..],
            [header, more],
        ),
        ("without the header", &[][..], ["", three]),
    ] {
        let source = source.concat();
        s.does(format_args!("cc {} {source:?}", options.join(" ")));
        s.finds(label, scene::compiles(options, &source)?);
    }
    Ok(())
}

/// `MSG_OOB` on each kind of socket.
fn out_of_band(s: &mut Story) -> Result<()> {
    let oob = MsgFlags::MSG_OOB;
    for (label, pair) in [
        (
            "TCP, sent with the flag, received with it",
            scene::tcp_pair()?,
        ),
        (
            "local stream, sent with the flag, received with it",
            scene::local_pair()?,
        ),
    ] {
        let (one, other) = pair;
        let result = send(one.as_raw_fd(), b"hey!", oob);
        s.does(format_args!("send(\"hey!\", MSG_OOB) gives {result:?}"));
        if result.is_err() {
            s.finds_result(label, result);
            continue;
        }
        scene::wait_for(&other, PollFlags::POLLPRI)?;
        s.finds(label, text(&other, 64, oob));
    }
    let (from, to) = scene::udp_pair()?;
    let result = send(from.as_raw_fd(), b"hey!", oob);
    s.finds_result("UDP, send with it", result);
    send(from.as_raw_fd(), b"hello", NONE)?;
    s.finds("UDP, recv with it", text(&to, 64, oob));
    let (one, other) = scene::local_pair_of(SockType::SeqPacket)?;
    let result = send(one.as_raw_fd(), b"hey!", oob);
    s.finds_result("local SOCK_SEQPACKET, send with it", result);
    send(one.as_raw_fd(), b"hello", NONE)?;
    let label = "local SOCK_SEQPACKET, recv with it";
    s.finds(label, text(&other, 64, oob));
    Ok(())
}

/// Two looks, and then the data are taken.
fn peek(s: &mut Story) -> Result<()> {
    let three = |socket: &OwnedFd| {
        [PEEK, PEEK, NONE]
            .map(|flags| text(socket, 64, flags))
            .join(", ")
    };
    let (client, server) = scene::tcp_pair()?;
    send(client.as_raw_fd(), b"hello", NONE)?;
    scene::until_unread(&server, 5)?;
    s.does("\"hello\" is there; two peeks, and what is left, and a recv");
    let looks = [text(&server, 64, PEEK), text(&server, 64, PEEK)];
    let left = scene::unread(&server)?;
    let taken = text(&server, 64, NONE);
    let all = format!("{}, {taken}", looks.join(", "));
    s.finds("TCP, two peeks and a recv", all);
    s.finds("TCP, bytes in the queue after the peeks", left);
    for (label, pair) in [
        ("local stream, two peeks and a recv", scene::local_pair()?),
        ("UDP, two peeks and a recv", scene::udp_pair()?),
    ] {
        let (one, other) = pair;
        send(one.as_raw_fd(), b"hello", NONE)?;
        s.does(format_args!(
            "\"hello\" is sent to descriptor {}",
            other.as_raw_fd()
        ));
        s.finds(label, three(&other));
    }
    s.does("the client ends its stream");
    shutdown(client.as_raw_fd(), Shutdown::Write)?;
    s.finds("TCP, the stream has ended", three(&server));
    Ok(())
}

/// A flag of `recv`, given to `send`.
fn send_with_peek(s: &mut Story) -> Result<()> {
    for (name, pair) in [
        ("TCP", scene::tcp_pair()?),
        ("local stream", scene::local_pair()?),
        ("UDP", scene::udp_pair()?),
    ] {
        let (one, other) = pair;
        let result = send(one.as_raw_fd(), b"hello", PEEK);
        s.does(format_args!("{name}: send(.., MSG_PEEK) gives {result:?}"));
        s.finds_result(&format!("{name}, send with it"), result);
        let label = format!("{name}, what the peer gets");
        s.finds(&label, text(&other, 64, NONE));
    }
    Ok(())
}

/// A flag of `send`, given to `recv`.
fn recv_with_dontroute(s: &mut Story) -> Result<()> {
    for (name, pair) in [
        ("TCP", scene::tcp_pair()?),
        ("local stream", scene::local_pair()?),
        ("UDP", scene::udp_pair()?),
    ] {
        let (one, other) = pair;
        send(one.as_raw_fd(), b"hello", NONE)?;
        s.does(format_args!("{name}: recv(.., MSG_DONTROUTE)"));
        s.finds(
            &format!("{name}, recv with it"),
            text(&other, 64, DONTROUTE),
        );
    }
    Ok(())
}

/// The far host, and the one of its addresses that is behind a gateway: its
/// own other address.
struct Far {
    listener: OwnedFd,
    address: SockaddrIn,
    /// Gets each UDP datagram, with its IP header.
    raw: OwnedFd,
}

/// The address of the far host on the network that both are on.
const GATEWAY: Ipv4Addr = network::FAR;

/// The far host's address behind that gateway.
const BEHIND: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);

/// Makes a second host, on a cable to this one.
fn far_host() -> Result<Far> {
    let far = network::cabled()?;
    network::ip(&format!("route add {BEHIND}/32 via {GATEWAY}\n"))?;
    far.on(|| {
        network::ip(&format!("address add {BEHIND}/32 dev lo\n"))?;
        let listener = scene::tcp()?;
        let address = network::at(BEHIND, 0);
        bind(listener.as_raw_fd(), &address).context("bind")?;
        listen(&listener, Backlog::new(1)?).context("listen")?;
        let (flags, udp) = (SockFlag::SOCK_CLOEXEC, SockProtocol::Udp);
        let raw = socket(AddressFamily::Inet, SockType::Raw, flags, udp)
            .context("socket")?;
        Ok(Far {
            address: getsockname(listener.as_raw_fd())?,
            listener,
            raw,
        })
    })
}

/// A host that is a neighbour by one address and behind a gateway by another.
fn through_a_gateway(s: &mut Story) -> Result<()> {
    let far = far_host()?;
    let near = network::NEAR;
    s.does(format_args!(
        "this host {near}, the other {GATEWAY}, a cable between them"
    ));
    s.does(format_args!(
        "{BEHIND} is the other host, too, and {GATEWAY} its gateway"
    ));
    // A new socket each time: an answer to one must not be told to the next.
    let datagram = |host, flags| -> Result<Result<usize, Errno>> {
        let udp = scene::udp()?;
        let address = network::at(host, 9);
        connect(udp.as_raw_fd(), &address).context("connect")?;
        Ok(send(udp.as_raw_fd(), b"hello", flags))
    };
    // The low half of the first byte: how many 32-bit words the header has.
    let header = || -> Result<u8> {
        scene::until_readable(&far.raw)?;
        let mut packet = [0; 128];
        recv(far.raw.as_raw_fd(), &mut packet, NONE)?;
        Ok((packet[0] & 0xf) * 4)
    };
    datagram(GATEWAY, NONE)??;
    let without = header()?;
    let neighbour = datagram(GATEWAY, DONTROUTE)?;
    let with = header()?;
    s.finds(
        "IP header of a datagram without and with it",
        format_args!("{without}, {with} bytes"),
    );
    s.finds_result("UDP, to a neighbour, with it", neighbour);
    let result = datagram(BEHIND, NONE)?;
    s.finds_result("UDP, behind a gateway, without it", result);
    let result = datagram(BEHIND, DONTROUTE)?;
    s.finds_result("UDP, behind a gateway, with it", result);

    let client = scene::tcp()?;
    connect(client.as_raw_fd(), &far.address).context("connect")?;
    let (server, _) = sys::accept(&far.listener).context("accept")?;
    s.does(format_args!("a TCP connection with {}", far.address));
    let result = send(client.as_raw_fd(), b"hello", DONTROUTE);
    let label = "TCP, connected through the gateway, send with it";
    s.finds_result(label, result);
    s.finds("TCP, what arrives", text(&server, 64, NONE));
    let client = scene::tcp()?;
    setsockopt(&client, sockopt::DontRoute, &true)?;
    let result = connect(client.as_raw_fd(), &far.address);
    s.finds_result("TCP, connect with the option SO_DONTROUTE", result);
    Ok(())
}

/// What three more flags ask for.
fn flags_left_out(s: &mut Story) -> Result<()> {
    let signal = scene::Sigpipe::hold()?;
    let (one, other) = scene::local_pair()?;
    drop(other);
    s.does("SIGPIPE is blocked, so that it can be seen; the peer closes");
    let result = send(one.as_raw_fd(), b"x", NONE);
    s.finds("broken, send with flags 0", signal.with(result)?);
    let result = send(one.as_raw_fd(), b"x", MsgFlags::MSG_NOSIGNAL);
    s.finds("broken, send with MSG_NOSIGNAL", signal.with(result)?);
    let (client, server) = scene::tcp_pair()?;
    let fd = server.as_raw_fd();
    for _ in 0..2 {
        send(client.as_raw_fd(), b"hel", NONE)?;
    }
    scene::until_unread(&server, 6)?;
    recv(fd, &mut [0; 3], NONE)?;
    s.does("three bytes are there, and the buffer has room for five");
    let count = recv(fd, &mut [0; 5], NONE)?;
    let label = "3 bytes of 5 there, recv with flags 0";
    s.finds(label, format_args!("{count} bytes"));
    let label = "nothing there, recv with MSG_DONTWAIT";
    s.finds(label, text(&server, 5, MsgFlags::MSG_DONTWAIT));
    send(client.as_raw_fd(), b"hel", NONE)?;
    scene::until_unread(&server, 3)?;
    let mut call = Call::make(move || text(&server, 5, MsgFlags::MSG_WAITALL))?;
    let state = call.state(libc::SYS_recvfrom)?;
    s.finds("3 bytes of 5 there, recv with MSG_WAITALL", state);
    Ok(())
}

/// Bits of the mask that mean nothing.
fn unknown_bits(s: &mut Story) -> Result<()> {
    let bit = MsgFlags::from_bits_retain(0x0100_0000);
    let tcp = scene::tcp_pair()?;
    let stream = scene::local_pair()?;
    let datagrams = scene::udp_pair()?;
    s.does("0x1000000 is no flag of Linux 6.18");
    let hello = |to: &OwnedFd, flags| send(to.as_raw_fd(), b"hello", flags);
    let result = hello(&tcp.0, bit);
    s.finds_result("TCP, send with a bit that no flag has", result);
    s.finds("TCP, recv with that bit", text(&tcp.1, 64, bit));
    let result = hello(&stream.0, bit);
    s.finds_result("local stream, send with that bit", result);
    let result = hello(&datagrams.0, bit);
    s.finds_result("UDP, send with that bit", result);
    s.does("flags that exist, on the wrong side");
    let result = hello(&tcp.0, MsgFlags::MSG_WAITALL);
    s.finds_result("TCP, send with MSG_WAITALL, a flag of recv", result);
    let received = text(&tcp.1, 64, MsgFlags::MSG_NOSIGNAL);
    s.finds("TCP, recv with MSG_NOSIGNAL, a flag of send", received);
    Ok(())
}

/// A peek where an error waits to be told.
fn peek_at_an_error(s: &mut Story) -> Result<()> {
    let (client, server) = scene::tcp_pair()?;
    scene::reset(client)?;
    scene::until_reset(&server)?;
    s.does("the client resets");
    s.finds("TCP, reset: a peek", text(&server, 64, PEEK));
    s.finds("TCP, the recv after it", text(&server, 64, NONE));
    let (from, to) = scene::udp_pair()?;
    drop(to);
    send(from.as_raw_fd(), b"hello", NONE)?;
    scene::until_reset(&from)?;
    s.does("a datagram to a port where nobody is, and the answer to it");
    s.finds("UDP, nobody at the port: a peek", text(&from, 64, PEEK));
    let at_once = MsgFlags::MSG_DONTWAIT;
    s.finds("UDP, the recv after it", text(&from, 64, at_once));
    let (one, other) = scene::local_pair()?;
    send(one.as_raw_fd(), b"hello", NONE)?;
    drop(other);
    let label = "local stream, closed with bytes unread: a peek";
    s.finds(label, text(&one, 64, PEEK));
    s.finds("local stream, the recv after it", text(&one, 64, NONE));
    Ok(())
}

/// Peeks that count on.
fn peek_further_on(s: &mut Story) -> Result<()> {
    for (name, pair) in [
        ("local stream", scene::local_pair()?),
        ("TCP", scene::tcp_pair()?),
    ] {
        let (one, other) = pair;
        let (level, option) = (libc::SOL_SOCKET, libc::SO_PEEK_OFF);
        if let Err(errno) = scene::set_number(&other, level, option, 0) {
            s.finds(&format!("{name}, the option"), format!("{errno:?}"));
            continue;
        }
        send(one.as_raw_fd(), b"hellothere", NONE)?;
        scene::until_unread(&other, 10)?;
        s.does(format_args!(
            "{name}: SO_PEEK_OFF is 0, ten bytes are there"
        ));
        let (first, second) = (text(&other, 5, PEEK), text(&other, 5, PEEK));
        let label = format!("{name}, two peeks of 5");
        s.finds(&label, format_args!("{first}, {second}"));
        let label = format!("{name}, a recv of 5 after them");
        s.finds(&label, text(&other, 5, NONE));
    }
    Ok(())
}
