//! The graded checks of `who`, for the learner's program and for the
//! reference: whichever this package has.

use std::fs::File;
use std::io::Write;
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream,
};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrStorage,
    bind, connect, getpeername, listen, recv, setsockopt, socket, sockopt,
};
use testkit::Skip;
use testkit::grade::{self, Attempt, Check, Exercise, args, expect, quote};

/// The exercise, for the proof.
pub(crate) static EXERCISE: Exercise = Exercise {
    name: "who",
    topic: "04-getpeername",
    manifest: include_str!("../exercises.toml"),
    checks: &[
        Check {
            name: "an_ipv4_peer_is_told",
            why: "address and port are those of the far end",
            run: an_ipv4_peer_is_told,
        },
        Check {
            name: "an_ipv6_peer_is_told",
            why: "an IPv6 address is written without brackets",
            run: an_ipv6_peer_is_told,
        },
        Check {
            name: "a_mapped_peer_is_told_as_ipv4",
            why: "an IPv6 socket tells a client that came by IPv4 in the \
                  mapped form, and that is an IPv4 address",
            run: a_mapped_peer_is_told_as_ipv4,
        },
        Check {
            name: "a_local_peer_is_told_by_its_path",
            why: "the address of a local socket is a path",
            run: a_local_peer_is_told_by_its_path,
        },
        Check {
            name: "a_local_peer_without_a_name_is_told",
            why: "a local socket that nobody has bound has no name, and is \
                  a peer all the same",
            run: a_local_peer_without_a_name_is_told,
        },
        Check {
            name: "a_peer_that_has_closed_is_told",
            why: "the address stays as long as this end of the connection is \
                  open",
            run: a_peer_that_has_closed_is_told,
        },
        Check {
            name: "what_is_not_a_socket_is_told",
            why: "a program that was started by hand has no socket as \
                  descriptor 0",
            run: what_is_not_a_socket_is_told,
        },
        Check {
            name: "what_is_not_connected_is_told",
            why: "a socket that listens, a fresh one and one whose connection \
                  was reset have no peer",
            run: what_is_not_connected_is_told,
        },
        Check {
            name: "the_connection_stays_as_it_is",
            why: "another program holds the connection, too, and goes on \
                  with it",
            run: the_connection_stays_as_it_is,
        },
    ],
};

#[allow(dead_code, reason = "the proof takes this file as a module")]
fn main() -> ExitCode {
    let program = option_env!("CARGO_BIN_EXE_ex-who")
        .or(option_env!("CARGO_BIN_EXE_sol-who"));
    grade::main(&EXERCISE, program)
}

/// An address of this machine's that nobody would guess, where there are such
/// ones.
fn loopback(a: &mut Attempt) -> IpAddr {
    if !cfg!(target_os = "linux") {
        return Ipv4Addr::LOCALHOST.into();
    }
    let mut byte = || a.random.u8(2..=250);
    Ipv4Addr::new(127, byte(), byte(), byte()).into()
}

/// A listening socket at this address. A machine that lacks it skips the
/// check.
fn listener(address: IpAddr) -> Result<(OwnedFd, SocketAddr)> {
    let address = SocketAddr::new(address, 0);
    let socket = stream_socket(address)?;
    if address.is_ipv6() {
        // IPv4 clients may come, too.
        setsockopt(&socket, sockopt::Ipv6V6Only, &false)
            .context("IPV6_V6ONLY")?;
    }
    bound(&socket, address)?;
    listen(&socket, Backlog::new(8)?).context("listen")?;
    let own = TcpListener::from(socket.try_clone()?).local_addr()?;
    Ok((socket, own))
}

fn stream_socket(address: SocketAddr) -> Result<OwnedFd> {
    let family = match address {
        SocketAddr::V4(_) => AddressFamily::Inet,
        SocketAddr::V6(_) => AddressFamily::Inet6,
    };
    match socket(family, SockType::Stream, SockFlag::empty(), None) {
        Err(Errno::EAFNOSUPPORT) => Err(lacks(address.ip())),
        socket => socket.context("socket"),
    }
}

fn bound(socket: &OwnedFd, address: SocketAddr) -> Result<()> {
    match bind(socket.as_raw_fd(), &SockaddrStorage::from(address)) {
        Err(Errno::EADDRNOTAVAIL) => Err(lacks(address.ip())),
        done => done.with_context(|| format!("bind {address}")),
    }
}

fn lacks(ip: IpAddr) -> anyhow::Error {
    Skip(format!("needs the address {ip}")).into()
}

/// Two ends of a connection over TCP: a server's, listening at `server`, and
/// its client's, which connects from `client` to `to`.
struct Ends {
    server: TcpStream,
    client: TcpStream,
}

fn connection(server: IpAddr, client: IpAddr, to: IpAddr) -> Result<Ends> {
    let (listener, own) = listener(server)?;
    let to = SocketAddr::new(to, own.port());
    let from = SocketAddr::new(client, 0);
    let socket = stream_socket(from)?;
    bound(&socket, from)?;
    connect(socket.as_raw_fd(), &SockaddrStorage::from(to))
        .with_context(|| format!("connect to {to}"))?;
    let (server, _) = TcpListener::from(listener).accept().context("accept")?;
    let client = TcpStream::from(socket);
    Ok(Ends { server, client })
}

/// The program says this of descriptor 0, and ends with this code.
fn says(
    a: &mut Attempt,
    what: &str,
    descriptor: OwnedFd,
    line: &str,
    code: i32,
) -> Result<()> {
    let run = a.start(args(&[]).on_named(descriptor, what))?;
    a.prints(&run, 0, line)?;
    let ended = a.ends_with(&run, code)?;
    a.printed(&ended, format!("{line}\n").as_bytes())
}

fn an_ipv4_peer_is_told(a: &mut Attempt) -> Result<()> {
    let (server, client) = (loopback(a), loopback(a));
    let ends = connection(server, client, server)?;
    let (end, peer) = if a.random.bool() {
        (ends.server, ends.client)
    } else {
        (ends.client, ends.server)
    };
    let address = peer.local_addr()?;
    let line = format!("IPv4 {} port {}", address.ip(), address.port());
    let what = format!("a connection to {address}");
    says(a, &what, end.into(), &line, 0)
}

fn an_ipv6_peer_is_told(a: &mut Attempt) -> Result<()> {
    let one = Ipv6Addr::LOCALHOST.into();
    let ends = connection(one, one, one)?;
    let (end, peer) = if a.random.bool() {
        (ends.server, ends.client)
    } else {
        (ends.client, ends.server)
    };
    let address = peer.local_addr()?;
    let line = format!("IPv6 {} port {}", address.ip(), address.port());
    let what = format!("a connection to {address}");
    says(a, &what, end.into(), &line, 0)
}

fn a_mapped_peer_is_told_as_ipv4(a: &mut Attempt) -> Result<()> {
    let (to, client) = (loopback(a), loopback(a));
    let ends = connection(Ipv6Addr::UNSPECIFIED.into(), client, to)?;
    let address = ends.client.local_addr()?;
    let line = format!("IPv4 {} port {}", address.ip(), address.port());
    let what = format!("a connection of an IPv6 socket to {address}");
    says(a, &what, ends.server.into(), &line, 0)
}

/// A local socket that listens in the folder of the check, and its path.
fn local(a: &mut Attempt) -> Result<(UnixListener, String)> {
    let name = a.word();
    let path = a.folder().join(name);
    let path = path.to_str().context("a path in UTF-8")?.to_owned();
    let listener =
        UnixListener::bind(&path).with_context(|| format!("bind {path}"))?;
    Ok((listener, path))
}

fn a_local_peer_is_told_by_its_path(a: &mut Attempt) -> Result<()> {
    let (_listener, path) = local(a)?;
    let end = UnixStream::connect(&path).context("connect")?;
    let what = format!("a local connection to {path}");
    says(a, &what, end.into(), &format!("local {path}"), 0)
}

fn a_local_peer_without_a_name_is_told(a: &mut Attempt) -> Result<()> {
    let (listener, path) = local(a)?;
    let _client = UnixStream::connect(&path).context("connect")?;
    let (end, _) = listener.accept().context("accept")?;
    let what =
        format!("a connection of {path} to a local socket without a name");
    says(a, &what, end.into(), "local, unnamed", 0)
}

fn a_peer_that_has_closed_is_told(a: &mut Attempt) -> Result<()> {
    let (server, client) = (loopback(a), loopback(a));
    let Ends { server, client } = connection(server, client, server)?;
    let port = client.local_addr()?.port();
    drop(client);
    comes(&server, PollFlags::POLLIN)?;
    let what = format!("a connection to port {port}, which has closed");
    let run = a.start(args(&[]).on_named(server, &what))?;
    let line = a.line(&run, 0)?;
    expect(
        line.starts_with("IPv4 ") && line.ends_with(&format!(" port {port}")),
        format_args!("a line with \"IPv4 \" and \"port {port}\""),
        quote(line.as_bytes()),
    )?;
    a.ends_with(&run, 0).map(drop)
}

/// Waits until this has come.
fn comes(descriptor: &impl AsFd, event: PollFlags) -> Result<()> {
    let mut asked = [PollFd::new(descriptor.as_fd(), event)];
    let limit = PollTimeout::from(5000_u16);
    let count = poll(&mut asked, limit).context("poll")?;
    ensure!(count == 1, "nothing has come within 5 s");
    Ok(())
}

fn what_is_not_a_socket_is_told(a: &mut Attempt) -> Result<()> {
    let null = File::open("/dev/null").context("/dev/null")?;
    says(a, "/dev/null", null.into(), "not a socket", 1)?;
    let (pipe, mut writer) = std::io::pipe().context("pipe")?;
    writer.write_all(b"hello\n").context("write")?;
    says(a, "a pipe", pipe.into(), "not a socket", 1)
}

fn what_is_not_connected_is_told(a: &mut Attempt) -> Result<()> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let fresh = stream_socket(any)?;
    says(a, "a fresh socket", fresh, "not connected", 1)?;
    let (listener, own) = listener(any.ip())?;
    let what = format!("a socket that listens on {own}");
    says(a, &what, listener, "not connected", 1)?;
    if !cfg!(target_os = "linux") {
        a.step("what is left of a connection after a reset differs here");
        return Ok(());
    }
    let Ends { server, client } = connection(any.ip(), any.ip(), any.ip())?;
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&client, sockopt::Linger, &at_once).context("SO_LINGER")?;
    drop(client);
    comes(&server, PollFlags::POLLIN)?;
    let gone = getpeername::<SockaddrStorage>(server.as_raw_fd());
    ensure!(gone == Err(Errno::ENOTCONN), "after a reset: {gone:?}");
    let what = "a connection that its peer has reset";
    says(a, what, server.into(), "not connected", 1)
}

fn the_connection_stays_as_it_is(a: &mut Attempt) -> Result<()> {
    let (listener, own) = listener(Ipv4Addr::LOCALHOST.into())?;
    let mut client = a.connects("the client", own)?;
    let (mut end, _) =
        TcpListener::from(listener).accept().context("accept")?;
    let question = a.word();
    a.sends(&mut client, question.as_bytes())?;
    comes(&end, PollFlags::POLLIN)?;
    let mode = fcntl(&end, FcntlArg::F_GETFL).context("F_GETFL")?;

    let what = "the connection to the client, which we hold, too";
    let run = a.start(args(&[]).on_named(end.try_clone()?, what))?;
    a.ends_with(&run, 0)?;

    a.has_heard_nothing(&mut client)?;
    let mut buffer = [0; 64];
    let rest = recv(end.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT);
    let rest = match rest {
        Ok(count) => &buffer[..count],
        Err(Errno::EAGAIN) => &[],
        Err(errno) => bail!("recv: {errno}"),
    };
    expect(
        rest == question.as_bytes(),
        format_args!("{} is still to be read", quote(question.as_bytes())),
        quote(rest),
    )?;
    a.step("what the client has sent is still to be read");
    let now = fcntl(&end, FcntlArg::F_GETFL).context("F_GETFL")?;
    expect(
        now == mode,
        "the connection is in the mode that it was in",
        "another mode (see O_NONBLOCK)",
    )?;
    let answer = a.word();
    let sent = end.write_all(answer.as_bytes());
    expect(
        sent.is_ok(),
        "we can still send to the client",
        sent.err()
            .map(|error| error.to_string())
            .unwrap_or_default(),
    )?;
    a.hears(&mut client, answer.as_bytes())
}
