//! One question about one socket, asked of the kernel: its state, and how many
//! bytes wait in it.
//!
//! `/proc/net/tcp` says so too, but the kernel walks its whole table of
//! sockets for that, in milliseconds; this takes microseconds. Linux.
//!
//! Source: `sock_diag`(7), netlink(7).

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

/// The peer of a socket that listens.
pub const NOBODY: SocketAddr =
    SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));

/// A socket, as the kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Socket {
    /// The state by its number in `<linux/tcp_states.h>`; 10 is LISTEN.
    pub state: u8,
    /// The bytes that its process has not read; of a socket that listens, the
    /// connections in its accept queue.
    pub receive_queue: u32,
    /// The bytes that the peer's kernel has not confirmed; of a socket that
    /// listens, its backlog.
    pub send_queue: u32,
}

/// What the kernel says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// There is this socket.
    Found(Socket),
    /// There is no such socket (any more).
    None,
    /// Nothing: this kernel does not answer such questions.
    Silence,
}

/// Asks for the socket of TCP at `local` that is connected with `remote`; where
/// `remote` is [`NOBODY`], for the one that listens at `local`.
pub fn ask(local: SocketAddr, remote: SocketAddr) -> Answer {
    try_to_ask(local, remote).unwrap_or(Answer::Silence)
}

#[cfg(target_os = "linux")]
fn try_to_ask(local: SocketAddr, remote: SocketAddr) -> Option<Answer> {
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{
        AddressFamily, MsgFlags, NetlinkAddr, SockFlag, SockProtocol, SockType,
        recv, sendto, socket,
    };

    let kernel = socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )
    .ok()?;
    let request = request(local, remote);
    let to = NetlinkAddr::new(0, 0);
    sendto(kernel.as_raw_fd(), &request, &to, MsgFlags::empty()).ok()?;
    let mut answer = [0; 1024];
    let count =
        recv(kernel.as_raw_fd(), &mut answer, MsgFlags::empty()).ok()?;
    parse(&answer[..count])
}

#[cfg(not(target_os = "linux"))]
fn try_to_ask(_: SocketAddr, _: SocketAddr) -> Option<Answer> {
    None
}

/// `struct nlmsghdr`, in bytes.
#[cfg(target_os = "linux")]
const HEADER: usize = 16;

/// `struct nlmsghdr` and `struct inet_diag_req_v2` of `<linux/inet_diag.h>`.
#[cfg(target_os = "linux")]
fn request(local: SocketAddr, remote: SocketAddr) -> Vec<u8> {
    use std::net::IpAddr;

    use nix::libc;

    const SOCK_DIAG_BY_FAMILY: u16 = 20;
    const LENGTH: u32 = 72;
    const NO_COOKIE: [u8; 8] = [0xff; 8];

    let family = match local {
        SocketAddr::V4(_) => libc::AF_INET,
        SocketAddr::V6(_) => libc::AF_INET6,
    };
    let address = |ip: IpAddr| {
        let mut bytes = [0; 16];
        match ip {
            IpAddr::V4(ip) => bytes[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => bytes = ip.octets(),
        }
        bytes
    };
    let mut bytes = Vec::new();
    bytes.extend(LENGTH.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(1_u16.to_ne_bytes()); // NLM_F_REQUEST
    bytes.extend([0; 8]); // sequence number, port
    let byte = |number: i32| u8::try_from(number).unwrap_or_default();
    bytes.extend([byte(family), byte(libc::IPPROTO_TCP), 0, 0]);
    bytes.extend(u32::MAX.to_ne_bytes()); // every state
    bytes.extend(local.port().to_be_bytes());
    bytes.extend(remote.port().to_be_bytes());
    bytes.extend(address(local.ip()));
    bytes.extend(address(remote.ip()));
    bytes.extend([0; 4]); // any interface
    bytes.extend(NO_COOKIE);
    bytes
}

/// `struct inet_diag_msg`, or an errno.
#[cfg(target_os = "linux")]
fn parse(answer: &[u8]) -> Option<Answer> {
    use nix::libc;

    const NLMSG_ERROR: u16 = 2;
    /// Where `idiag_state`, `idiag_rqueue` and `idiag_wqueue` stand.
    const STATE: usize = HEADER + 1;
    const RECEIVE_QUEUE: usize = HEADER + 56;
    const SEND_QUEUE: usize = HEADER + 60;

    let kind = u16::from_ne_bytes(*answer.get(4..6)?.first_chunk()?);
    if kind == NLMSG_ERROR {
        let error = answer.get(HEADER..HEADER + 4)?;
        let error = i32::from_ne_bytes(*error.first_chunk()?);
        return (error == -libc::ENOENT).then_some(Answer::None);
    }
    let number = |at: usize| {
        let bytes = answer.get(at..at + 4)?;
        Some(u32::from_ne_bytes(*bytes.first_chunk()?))
    };
    Some(Answer::Found(Socket {
        state: *answer.get(STATE)?,
        receive_queue: number(RECEIVE_QUEUE)?,
        send_queue: number(SEND_QUEUE)?,
    }))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use super::{Answer, NOBODY, ask};

    fn unread(local: SocketAddr, remote: SocketAddr) -> Option<u32> {
        match ask(local, remote) {
            Answer::Found(socket) => Some(socket.receive_queue),
            _ => None,
        }
    }

    #[test]
    fn the_kernel_counts_who_waits() -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        assert_eq!(unread(address, NOBODY), Some(0));
        let _clients =
            [TcpStream::connect(address)?, TcpStream::connect(address)?];
        assert_eq!(unread(address, NOBODY), Some(2));
        listener.accept()?;
        assert_eq!(unread(address, NOBODY), Some(1));
        Ok(())
    }

    #[test]
    fn the_kernel_counts_what_is_unread() -> std::io::Result<()> {
        for host in ["127.0.0.1", "::1"] {
            let Ok(listener) = TcpListener::bind((host, 0)) else {
                // Without IPv6.
                continue;
            };
            let mut client = TcpStream::connect(listener.local_addr()?)?;
            let (mut server, _) = listener.accept()?;
            let (local, remote) = (server.local_addr()?, server.peer_addr()?);
            assert_eq!(unread(local, remote), Some(0));
            client.write_all(b"hello")?;
            assert_eq!(unread(local, remote), Some(5));
            server.read_exact(&mut [0; 3])?;
            assert_eq!(unread(local, remote), Some(2));
            assert_eq!(unread(remote, local), Some(0));
            drop((listener, server, client));
            assert_eq!(unread(local, remote), None);
        }
        Ok(())
    }
}
