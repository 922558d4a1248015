//! Claims about the example client.

use std::net::ToSocketAddrs;
use std::os::fd::AsRawFd;

use anyhow::Result;
use nix::libc;
use nix::sys::socket::{
    MsgFlags, Shutdown, connect, recv, send, setsockopt, shutdown, sockopt,
};
use nix::unistd::{close, read, write};

use crate::Outcome::{Differs, Holds, OnlyIf};
use crate::scene::{self, Call};
use crate::{Claim, Story, probe};

const SOURCE: &str = include_str!("client.rs");

pub(super) const CLAIMS: &[Claim] = &[
    Claim {
        id: "EXC-01",
        says: "The example client connects, sends one text and exits; the \
               text still gets to the server.",
        posix: "",
        outcome: Holds,
        why: "Its kernel goes on sending after the process has ended (tcp(7), \
              SO_LINGER in socket(7)). Where the server has sent something \
              that the client did not read, the close is a reset, and the \
              server reads an error behind the text (RFC 2525, 2.17, \
              measured).",
        finds: &[
            ("TCP, silent", "32, then 0"),
            ("TCP, a greeting unread", "32, then ECONNRESET"),
            ("local, silent", "32, then 0"),
            ("local, a greeting unread", "32, then ECONNRESET"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "06-client/client.md",
        probe: probe!(sends_and_exits),
    },
    Claim {
        id: "EXC-02",
        says: "Where connect fails, the client says why and exits with a \
               failure.",
        posix: "",
        outcome: Holds,
        why: "connect says so in the program's own call. Where nobody answers \
              it waits first, about two minutes by default (tcp(7), \
              tcp_syn_retries).",
        finds: &[
            ("nobody listens", "ECONNREFUSED"),
            ("no answer", "waits"),
            ("in the end", "ETIMEDOUT"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "06-client/client.md",
        probe: probe!(connect_fails),
    },
    Claim {
        id: "EXC-03",
        says: "init_sockaddr makes the server's address from the name \
               mescaline.gnu.org.",
        posix: "",
        outcome: OnlyIf(
            "the name has an address, and one that fits the socket of the \
             IPv4 family, which the client makes before it asks",
        ),
        why: "A socket belongs to one family, and another one's address is \
              refused. What mescaline.gnu.org stands for today was not asked: \
              a probe has a network of its own, and no name server.",
        finds: &[
            ("addresses of 127.0.0.1", "1"),
            ("addresses of mescaline.invalid", "0"),
            ("an IPv6 address", "EAFNOSUPPORT"),
        ],
        seen: &["Linux 6.18"],
        needs: &["userns"],
        page: "06-client/client.md",
        probe: probe!(from_name_to_address),
    },
    Claim {
        id: "EXC-04",
        says: "The client compiles as it is printed.",
        posix: "",
        outcome: Differs(
            "It calls strlen without the header that declares it: gcc 14 and \
             newer refuse that, gcc 12 warns.",
        ),
        why: "strlen is declared in <string.h>, which the listing does not \
              include. gcc 12 knows strlen by itself, so that its program \
              works (measured).",
        finds: &[
            ("strlen with its header", "compiles"),
            ("strlen without", "does not compile"),
        ],
        seen: &["Linux 6.18"],
        needs: &["tool:cc"],
        page: "06-client/client.md",
        probe: probe!(client_as_printed),
    },
    Claim {
        id: "EXC-05",
        says: "A write that fails is reported by the client.",
        posix: "",
        outcome: OnlyIf(
            "it does not fail with EPIPE: SIGPIPE comes with that, and ends \
             the program before it can say anything",
        ),
        why: "The first write to a TCP server that has closed does not fail \
              at all; the reset that answers it comes later (measured). In \
              Rust SIGPIPE is ignored before main, so EPIPE is returned.",
        finds: &[
            ("closed, first write", "32, no signal"),
            ("closed, second write", "EPIPE, SIGPIPE"),
            ("reset, first write", "ECONNRESET, no signal"),
            ("local, first write", "EPIPE, SIGPIPE"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "05-transfer/broken-pipe.md",
        probe: probe!(write_fails),
    },
    Claim {
        id: "EXC-50",
        says: "The client exits with success although no program has read its \
               text, or even accepted the connection.",
        posix: "",
        outcome: Holds,
        why: "The server's kernel makes the connection and takes the bytes in \
              on behalf of a program that may never ask for them (listen(2), \
              measured).",
        finds: &[
            ("connect", "success"),
            ("write", "32"),
            ("close", "success"),
            ("connections that nobody has accepted", "1"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "06-client/client.md",
        probe: probe!(nobody_reads),
    },
    Claim {
        id: "EXC-51",
        says: "A client that calls shutdown and then reads to the end learns \
               whether the server closed before it had read the text: it gets \
               ECONNRESET in the place of 0.",
        posix: "",
        outcome: Holds,
        why: "A close with data unread is a reset on TCP (RFC 2525, 2.17), \
              and local stream sockets do likewise (measured). Over a long \
              line a FIN may come before the reset, so only an answer of the \
              server's own is proof.",
        finds: &[
            ("TCP, the server read all", "0"),
            ("TCP, the server read nothing", "ECONNRESET"),
            ("local, the server read all", "0"),
            ("local, the server read nothing", "ECONNRESET"),
        ],
        seen: &["Linux 6.18"],
        needs: &[],
        page: "06-client/client.md",
        probe: probe!(waits_for_the_end),
    },
];

/// What compilers of today call an error.
const STRICT: [&str; 1] = ["-Werror=implicit-function-declaration"];

/// What the manual's client sends, with the NUL that ends a string in C.
const MESSAGE: &[u8] = b"Yow!!! Are we having fun yet?!?\0";

/// The client's calls in their order, and what the server reads when the
/// client is gone.
fn sends_and_exits(s: &mut Story) -> Result<()> {
    for kind in ["TCP", "local"] {
        for greeting in [false, true] {
            let (client, server) = scene::pair(kind)?;
            let case = if greeting {
                "a greeting unread"
            } else {
                "silent"
            };
            if greeting {
                send(server.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)?;
                scene::until_readable(&client)?;
            }
            let sent = write(&client, MESSAGE)?;
            close(client)?;
            s.does(format_args!("{kind}, {case}: write: {sent}; close"));
            let mut reads = Vec::new();
            for _ in 0..2 {
                scene::until_readable(&server)?;
                reads.push(scene::count(read(&server, &mut [0; 512])));
            }
            s.finds(&format!("{kind}, {case}"), reads.join(", then "));
        }
    }
    Ok(())
}

/// connect where nobody listens, and where nobody answers.
fn connect_fails(s: &mut Story) -> Result<()> {
    let (_holder, address) = scene::nobody()?;
    let client = scene::tcp()?;
    s.does(format_args!("connect to {address}, where nobody listens"));
    s.finds_result("nobody listens", connect(client.as_raw_fd(), &address));
    // One client in the queue, which is full then; nobody accepts.
    let (_listener, address) = scene::listener(0)?;
    let first = scene::tcp()?;
    connect(first.as_raw_fd(), &address)?;
    let client = scene::tcp()?;
    setsockopt(&client, sockopt::TcpUserTimeout, &100)?;
    s.does(format_args!(
        "connect to {address}, whose queue is full, with a patience of \
         0.1 s (TCP_USER_TIMEOUT)"
    ));
    let mut call = Call::make(move || connect(client.as_raw_fd(), &address))?;
    s.finds("no answer", call.state(libc::SYS_connect)?);
    s.finds_result("in the end", call.result()?);
    Ok(())
}

/// From a name to an address: an address in figures, a name that nobody has
/// (RFC 2606), and an address that the example's socket can't take.
fn from_name_to_address(s: &mut Story) -> Result<()> {
    for host in ["127.0.0.1", "mescaline.invalid"] {
        s.does(format_args!("look up {host}"));
        let found = (host, 5555).to_socket_addrs();
        let count = found.map_or(0, Iterator::count);
        s.finds(&format!("addresses of {host}"), count);
    }
    let client = scene::tcp()?;
    let six = scene::loopback6(5555);
    s.does(format_args!("connect an AF_INET socket to {six}"));
    let refused = connect(client.as_raw_fd(), &six);
    s.finds_result("an IPv6 address", refused);
    Ok(())
}

/// What is missing in the listing, in lines of our own.
fn client_as_printed(s: &mut Story) -> Result<()> {
    for (label, lines) in [
        (
            "strlen with its header",
            "#include <string.h>
             int f(char *s) { return strlen(s); }",
        ),
        (
            "strlen without",
            "#include <stdlib.h>
             #include <unistd.h>
             int f(char *s) { return strlen(s); }",
        ),
    ] {
        let words: Vec<&str> = lines.split_whitespace().collect();
        s.does(format_args!("cc: {}", words.join(" ")));
        s.finds(label, scene::compiles(&STRICT, lines)?);
    }
    Ok(())
}

/// write to a server that has gone, in three ways, and whether SIGPIPE came.
fn write_fails(s: &mut Story) -> Result<()> {
    // As in a program in C: Rust ignores the signal before main.
    let sigpipe = scene::Sigpipe::hold()?;
    let told = |s: &mut Story, label: &str, wrote| -> Result<()> {
        let signal = sigpipe.came()?;
        s.finds(label, format!("{}, {signal}", scene::count(wrote)));
        Ok(())
    };

    let (client, server) = scene::tcp_pair()?;
    drop(server);
    scene::until_readable(&client)?;
    s.does("the server has closed; write");
    told(s, "closed, first write", write(&client, MESSAGE))?;
    // The answer to it is a reset.
    scene::until_reset(&client)?;
    s.does("its kernel has answered with a reset; write");
    told(s, "closed, second write", write(&client, MESSAGE))?;

    let (client, server) = scene::tcp_pair()?;
    scene::reset(server)?;
    scene::until_reset(&client)?;
    s.does("the server has reset the connection; write");
    told(s, "reset, first write", write(&client, MESSAGE))?;

    let (client, server) = scene::local_pair()?;
    drop(server);
    s.does("a local server has closed; write");
    told(s, "local, first write", write(&client, MESSAGE))?;
    Ok(())
}

/// The client's calls, for a server whose program never accepts.
fn nobody_reads(s: &mut Story) -> Result<()> {
    let (listener, address) = scene::listener(1)?;
    let client = scene::tcp()?;
    s.does(format_args!(
        "a server listens at {address} and does not accept"
    ));
    s.finds_result("connect", connect(client.as_raw_fd(), &address));
    s.finds("write", scene::count(write(&client, MESSAGE)));
    s.finds_result("close", close(client));
    let waiting = sys::accept_queue(&listener)?.waiting;
    s.finds("connections that nobody has accepted", waiting);
    Ok(())
}

/// shutdown, and then recv until the server's end: what it tells.
fn waits_for_the_end(s: &mut Story) -> Result<()> {
    for kind in ["TCP", "local"] {
        for reads in [true, false] {
            let (client, server) = scene::pair(kind)?;
            write(&client, MESSAGE)?;
            shutdown(client.as_raw_fd(), Shutdown::Write)?;
            scene::until_readable(&server)?;
            if reads {
                // To the end of the stream.
                while read(&server, &mut [0; 512])? > 0 {}
            }
            drop(server);
            let case = if reads { "read all" } else { "read nothing" };
            s.does(format_args!("{kind}: the server has {case}, and closes"));
            let end = scene::count(recv(
                client.as_raw_fd(),
                &mut [0; 512],
                MsgFlags::empty(),
            ));
            s.finds(&format!("{kind}, the server {case}"), end);
        }
    }
    Ok(())
}
