//! Options of sockets that nix lacks.

use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc::{self, c_int};

/// Sets an option whose value is one int. ENOPROTOOPT where the kernel has no
/// such option at this level, EINVAL where it does not take the value.
pub fn set_number(
    socket: &OwnedFd,
    level: c_int,
    option: c_int,
    value: c_int,
) -> nix::Result<()> {
    set_bytes(socket, level, option, &value)
}

/// Gives a socket a filter of one instruction: keep 0 bytes of each packet
/// (`SO_ATTACH_FILTER` in socket(7)).
pub fn drop_all_packets(socket: &OwnedFd) -> Result<()> {
    let mut nothing = libc::sock_filter {
        code: 0x06, // BPF_RET | BPF_K
        jt: 0,
        jf: 0,
        k: 0,
    };
    let program = libc::sock_fprog {
        len: 1,
        filter: &raw mut nothing,
    };
    let (level, option) = (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER);
    set_bytes(socket, level, option, &program).context("SO_ATTACH_FILTER")
}

/// Both callers give the type that belongs to the option.
fn set_bytes<T>(
    socket: &OwnedFd,
    level: c_int,
    option: c_int,
    value: &T,
) -> nix::Result<()> {
    let size = libc::socklen_t::try_from(size_of::<T>());
    let size = size.map_err(|_| Errno::EINVAL)?;
    // SAFETY: the kernel reads that many bytes of `value`, and of a filter
    // the instructions that it points to, which are there.
    #[expect(unsafe_code, reason = "nix has no name for these options")]
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            option,
            ptr::from_ref(value).cast(),
            size,
        )
    };
    Errno::result(done).map(drop)
}
