//! What the kernel tells of a listening socket's accept queue.

use std::os::fd::AsFd;

use nix::Result;

/// The accept queue of a listening TCP socket at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptQueue {
    /// Connections that no call of `accept` has taken out yet.
    pub waiting: u32,
    /// The backlog in force, after the system's own limit has cut it.
    pub backlog: u32,
    /// Requests of clients that were dropped, since the socket was made.
    pub dropped: u32,
}

// ANCHOR: accept_queue
/// Asks the kernel about the accept queue of `listener`, a listening TCP
/// socket. `ss -ltn` shows the first two figures as Recv-Q and Send-Q.
///
/// Linux gives them in two fields of `TCP_INFO` that mean something else on a
/// connected socket (`tcp_get_info` in the kernel's net/ipv4/tcp.c says so),
/// and the third by `SO_MEMINFO`.
///
/// # Errors
///
/// `EOPNOTSUPP` on any other kind of socket, and on other systems.
#[cfg(target_os = "linux")]
pub fn accept_queue(listener: impl AsFd) -> Result<AcceptQueue> {
    use nix::libc;

    /// Which figure of `SO_MEMINFO` counts what was dropped.
    const DROPPED: usize = 8;

    // SAFETY: all of tcp_info is numbers, and 0 is one.
    #[expect(unsafe_code, reason = "a C structure to be filled in")]
    let mut tcp: libc::tcp_info = unsafe { std::mem::zeroed() };
    option(&listener, (libc::IPPROTO_TCP, libc::TCP_INFO), &mut tcp)?;
    let mut memory = [0_u32; 9];
    option(&listener, (libc::SOL_SOCKET, libc::SO_MEMINFO), &mut memory)?;
    Ok(AcceptQueue {
        waiting: tcp.tcpi_unacked,
        backlog: tcp.tcpi_sacked,
        dropped: memory[DROPPED],
    })
}
// ANCHOR_END: accept_queue

/// Lets the kernel fill in `value`, which must be plain numbers.
#[cfg(target_os = "linux")]
fn option<T: Copy>(
    socket: &impl AsFd,
    (level, name): (i32, i32),
    value: &mut T,
) -> Result<()> {
    use nix::errno::Errno;
    use nix::libc;
    use std::os::fd::AsRawFd;

    #[expect(clippy::cast_possible_truncation, reason = "some 300 bytes")]
    let mut length = size_of::<T>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, the size of `value`,
    // and both callers pass numbers, for which any bytes will do.
    #[expect(unsafe_code, reason = "nix knows neither option")]
    let done = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            name,
            std::ptr::from_mut(value).cast(),
            &raw mut length,
        )
    };
    Errno::result(done).map(drop)
}

/// The other systems have other ways, or none.
#[cfg(not(target_os = "linux"))]
pub fn accept_queue(_: impl AsFd) -> Result<AcceptQueue> {
    Err(nix::errno::Errno::EOPNOTSUPP)
}
