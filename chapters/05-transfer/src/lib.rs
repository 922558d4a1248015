//! What several programs of this topic use and its pages show: sending all of
//! a buffer, and the kernel's account of a connection.

use std::os::fd::{AsFd, AsRawFd};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::socket::send;

// ANCHOR: send_all
/// Hands all of `bytes` to the kernel, waiting for room where there is none.
///
/// One call of `send` may take a part only; what it leaves is offered again.
/// `Ok` says that the kernel has the bytes, not that the peer has read them.
///
/// # Errors
///
/// Those of send(2), <https://man7.org/linux/man-pages/man2/send.2.html>;
/// `EINTR` never. After an error nobody can tell how many bytes were read.
pub fn send_all(connection: impl AsFd, mut bytes: &[u8]) -> nix::Result<()> {
    let fd = connection.as_fd().as_raw_fd();
    while !bytes.is_empty() {
        // MSG_NOSIGNAL: a broken connection is EPIPE and no SIGPIPE.
        match send(fd, bytes, sys::MSG_NOSIGNAL) {
            Ok(count) => bytes = &bytes[count..],
            // A signal came before the kernel took a byte: ask again.
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
// ANCHOR_END: send_all

// ANCHOR: queues
/// How many bytes of an IPv4 stream between two ports of this machine the
/// kernel holds: sent and not acknowledged (Send-Q of the socket on port
/// `from`), arrived and not read (Recv-Q of the socket on port `to`).
///
/// `ss` shows the same figures. The file is Linux's own,
/// <https://docs.kernel.org/networking/proc_net_tcp.html>.
///
/// Fails where there is no such connection, and where there is no such file.
pub fn queues(from: u16, to: u16) -> anyhow::Result<(usize, usize)> {
    let table = std::fs::read_to_string("/proc/net/tcp")?;
    let [from, to] = [from, to].map(|port| format!(":{port:04X}"));
    let row = |local: &str, remote: &str| {
        table.lines().find_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            let found = words.next()?.ends_with(local)
                && words.next()?.ends_with(remote);
            found.then(|| words.nth(1)?.split_once(':')).flatten()
        })
    };
    let (sent, _) = row(&from, &to).context("no such connection")?;
    let (_, arrived) = row(&to, &from).context("no such connection")?;
    let hex = |digits| usize::from_str_radix(digits, 16);
    Ok((hex(sent)?, hex(arrived)?))
}
// ANCHOR_END: queues
