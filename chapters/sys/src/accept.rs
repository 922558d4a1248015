//! `accept` with both of its results: the new descriptor and the client's
//! address.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::Result;
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{SockaddrLike, SockaddrStorage};

/// Room for an address of any family, in bytes.
#[expect(clippy::cast_possible_truncation, reason = "128 fits")]
const SIZE: libc::socklen_t = size_of::<libc::sockaddr_storage>() as _;

// ANCHOR: accept
/// Takes the oldest connection from the accept queue of `listener`: a
/// descriptor for it, and the address of the client that made it.
///
/// `nix::sys::socket::accept` gives the descriptor as a bare number, which
/// nobody closes, and leaves the address out. Asking `getpeername` for it
/// afterwards can fail, since the client may be gone by then.
///
/// # Errors
///
/// Those of accept(2), `EAGAIN`, `ECONNABORTED`, `EINTR` and `EMFILE` among
/// them: <https://man7.org/linux/man-pages/man2/accept.2.html>.
pub fn accept(listener: impl AsFd) -> Result<(OwnedFd, SockaddrStorage)> {
    let mut address = MaybeUninit::<libc::sockaddr_storage>::zeroed();
    let mut length = SIZE;
    // SAFETY: `address` has room for `length` bytes, for any family.
    #[expect(unsafe_code, reason = "the call itself")]
    let fd = unsafe {
        libc::accept(
            listener.as_fd().as_raw_fd(),
            address.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    let fd = Errno::result(fd)?;
    // From here on the descriptor is closed whatever happens.
    // SAFETY: accept has just made it, and nobody else knows the number.
    #[expect(unsafe_code, reason = "takes over a bare number")]
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    // SAFETY: the kernel has filled in `length` bytes, the rest is zeroed.
    #[expect(unsafe_code, reason = "reads what the kernel wrote")]
    let address = unsafe {
        SockaddrStorage::from_raw(address.as_ptr().cast(), Some(length))
    };
    Ok((fd, address.ok_or(Errno::EAFNOSUPPORT)?))
}
// ANCHOR_END: accept
