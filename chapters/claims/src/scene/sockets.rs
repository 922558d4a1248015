//! Sockets, alone and in pairs.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsRawFd, OwnedFd};

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, SockaddrIn6,
    UnixAddr, bind, connect, getsockname, listen, setsockopt, socket,
    socketpair, sockopt,
};

/// A TCP socket that is neither bound nor connected.
pub fn tcp() -> Result<OwnedFd> {
    made(AddressFamily::Inet, SockType::Stream, SockFlag::empty())
}

/// A TCP socket whose calls do not wait.
pub fn tcp_nonblocking() -> Result<OwnedFd> {
    let flags = SockFlag::SOCK_NONBLOCK;
    made(AddressFamily::Inet, SockType::Stream, flags)
}

/// A UDP socket that is neither bound nor connected.
pub fn udp() -> Result<OwnedFd> {
    made(AddressFamily::Inet, SockType::Datagram, SockFlag::empty())
}

/// An IPv6 socket of this type that is neither bound nor connected.
pub fn inet6(kind: SockType) -> Result<OwnedFd> {
    made(AddressFamily::Inet6, kind, SockFlag::empty())
}

/// A local socket of this type that has no name and no peer.
pub fn local(kind: SockType) -> Result<OwnedFd> {
    made(AddressFamily::Unix, kind, SockFlag::empty())
}

/// A local socket of this type whose calls do not wait.
pub fn local_nonblocking(kind: SockType) -> Result<OwnedFd> {
    made(AddressFamily::Unix, kind, SockFlag::SOCK_NONBLOCK)
}

fn made(
    family: AddressFamily,
    kind: SockType,
    flags: SockFlag,
) -> Result<OwnedFd> {
    let flags = flags | SockFlag::SOCK_CLOEXEC;
    socket(family, kind, flags, None).context("socket")
}

/// Switches `O_NONBLOCK` on or off, and leaves the other flags as they are.
pub fn set_nonblocking(socket: &OwnedFd, on: bool) -> Result<()> {
    let flags = fcntl(socket, FcntlArg::F_GETFL).context("F_GETFL")?;
    let mut flags = OFlag::from_bits_retain(flags);
    flags.set(OFlag::O_NONBLOCK, on);
    fcntl(socket, FcntlArg::F_SETFL(flags)).context("F_SETFL")?;
    Ok(())
}

/// A TCP socket that listens on a port of 127.0.0.1 that the kernel chose.
pub fn listener(backlog: i32) -> Result<(OwnedFd, SockaddrIn)> {
    let (listener, address) = nobody()?;
    let backlog = Backlog::new(backlog).context("the backlog")?;
    listen(&listener, backlog).context("listen")?;
    Ok((listener, address))
}

/// This port of 127.0.0.1.
pub fn loopback(port: u16) -> SockaddrIn {
    SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port))
}

/// This port of `::1`.
pub fn loopback6(port: u16) -> SockaddrIn6 {
    SockaddrIn6::from(SocketAddrV6::new(Ipv6Addr::LOCALHOST, port, 0, 0))
}

/// An address of 127.0.0.1 where nobody listens: a port that was bound, and
/// is held by the socket that comes with it.
pub fn nobody() -> Result<(OwnedFd, SockaddrIn)> {
    let holder = tcp()?;
    bind(holder.as_raw_fd(), &loopback(0)).context("bind")?;
    let address = getsockname(holder.as_raw_fd()).context("getsockname")?;
    Ok((holder, address))
}

/// A UDP port of 127.0.0.1 that nobody else gets, and where nothing arrives:
/// its socket is connected to itself, and hears no one else.
pub fn deaf() -> Result<(OwnedFd, SockaddrIn)> {
    let deaf = udp()?;
    bind(deaf.as_raw_fd(), &loopback(0)).context("bind")?;
    let own: SockaddrIn =
        getsockname(deaf.as_raw_fd()).context("getsockname")?;
    connect(deaf.as_raw_fd(), &own).context("connect to itself")?;
    Ok((deaf, own))
}

/// A local socket of this type with an abstract name, which the kernel chooses
/// where a program binds to no name (unix(7), autobind): no file is left.
pub fn local_bound(kind: SockType) -> Result<(OwnedFd, UnixAddr)> {
    let socket = local(kind)?;
    bind(socket.as_raw_fd(), &UnixAddr::new_unnamed()).context("bind")?;
    let address = getsockname(socket.as_raw_fd()).context("getsockname")?;
    Ok((socket, address))
}

/// A local stream socket that listens under such a name.
pub fn local_listener(backlog: i32) -> Result<(OwnedFd, UnixAddr)> {
    let (listener, address) = local_bound(SockType::Stream)?;
    let backlog = Backlog::new(backlog).context("the backlog")?;
    listen(&listener, backlog).context("listen")?;
    Ok((listener, address))
}

/// Both ends of a TCP connection: the one that connected, and the one that
/// `accept` gave.
pub fn tcp_pair() -> Result<(OwnedFd, OwnedFd)> {
    let (listener, address) = listener(1)?;
    let client = tcp()?;
    connect(client.as_raw_fd(), &address).context("connect")?;
    let (server, _) = sys::accept(&listener).context("accept")?;
    Ok((client, server))
}

/// Both ends of a connection of this kind: `TCP`, or else a local stream.
pub fn pair(kind: &str) -> Result<(OwnedFd, OwnedFd)> {
    if kind == "TCP" {
        tcp_pair()
    } else {
        local_pair()
    }
}

/// Both ends of a TCP connection with the smallest buffers, which are soon full and stay as they
/// are: the kernel enlarges none whose size was set.
pub fn small_tcp_pair() -> Result<(OwnedFd, OwnedFd)> {
    let (listener, address) = listener(1)?;
    // Inherited by what accept gives.
    setsockopt(&listener, sockopt::RcvBuf, &4096).context("SO_RCVBUF")?;
    let client = tcp()?;
    setsockopt(&client, sockopt::SndBuf, &4096).context("SO_SNDBUF")?;
    connect(client.as_raw_fd(), &address).context("connect")?;
    let (server, _) = sys::accept(&listener).context("accept")?;
    Ok((client, server))
}

/// A UDP socket that is connected to another one, which is bound.
pub fn udp_pair() -> Result<(OwnedFd, OwnedFd)> {
    let (from, to) = (udp()?, udp()?);
    bind(to.as_raw_fd(), &loopback(0)).context("bind")?;
    let address: SockaddrIn =
        getsockname(to.as_raw_fd()).context("getsockname")?;
    connect(from.as_raw_fd(), &address).context("connect")?;
    Ok((from, to))
}

/// Both ends of a local stream connection.
pub fn local_pair() -> Result<(OwnedFd, OwnedFd)> {
    local_pair_of(SockType::Stream)
}

/// Two local sockets of this type, each the other's peer.
pub fn local_pair_of(kind: SockType) -> Result<(OwnedFd, OwnedFd)> {
    let flags = SockFlag::SOCK_CLOEXEC;
    socketpair(AddressFamily::Unix, kind, None, flags).context("socketpair")
}

/// Closes a TCP socket so that its connection ends by a reset instead of an
/// end of stream, and what was not sent yet is thrown away: a linger time of
/// 0 s (`SO_LINGER` in socket(7)).
pub fn reset(socket: OwnedFd) -> Result<()> {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&socket, sockopt::Linger, &at_once).context("SO_LINGER")?;
    drop(socket);
    Ok(())
}
