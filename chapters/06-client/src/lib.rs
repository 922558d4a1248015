//! Two helpers of the example client: from a name to addresses, and from a
//! message to a kernel that has all of it.

use std::io;
use std::net::ToSocketAddrs;
use std::os::fd::{AsFd, AsRawFd};

use nix::errno::Errno;
use nix::sys::socket::{SockaddrStorage, send};

// ANCHOR: init_sockaddr
/// The addresses of `host` at `port`, in the order in which to try them: IPv4
/// and IPv6, as many as the name has, never none.
///
/// # Errors
///
/// The name service knows no such host or does not answer: getaddrinfo(3),
/// <https://man7.org/linux/man-pages/man3/getaddrinfo.3.html>.
pub fn init_sockaddr(
    host: &str,
    port: u16,
) -> io::Result<Vec<SockaddrStorage>> {
    // nix has no getaddrinfo. std calls it, unless `host` is an address in
    // figures already.
    let addresses = (host, port).to_socket_addrs()?;
    Ok(addresses.map(SockaddrStorage::from).collect())
}
// ANCHOR_END: init_sockaddr

// ANCHOR: send_all
/// Hands all of `bytes` to the kernel, waiting for room where there is none.
///
/// `Ok` says that your kernel has the bytes, not that the peer has read them.
///
/// # Errors
///
/// Those of send(2), <https://man7.org/linux/man-pages/man2/send.2.html>;
/// `EINTR` never. After an error nobody can tell how many bytes went out.
pub fn send_all(connection: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    let fd = connection.as_fd().as_raw_fd();
    while !bytes.is_empty() {
        // MSG_NOSIGNAL: a broken connection is EPIPE and no SIGPIPE.
        match send(fd, bytes, sys::MSG_NOSIGNAL) {
            // A short count is no failure: the rest is still ours to send.
            Ok(count) => bytes = &bytes[count..],
            // A signal came before the kernel took a byte: ask again.
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
// ANCHOR_END: send_all
