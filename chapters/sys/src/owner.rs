//! Who is told by a signal that urgent data is on its way.

use std::os::fd::{AsFd, AsRawFd};

use nix::Result;
use nix::errno::Errno;
use nix::libc;
use nix::unistd::Pid;

// ANCHOR: set_owner
/// Who gets the signals of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One process, named by its number.
    Process(Pid),
    /// Every process of a group, named by the group's number.
    Group(Pid),
}

/// Makes `owner` the one that the kernel sends `SIGURG` to when it learns of
/// urgent data on `socket`. Before this call nobody is.
///
/// The owner belongs to the open socket: a duplicate of the descriptor shares
/// it. What `accept` returns from a listening socket with an owner has none.
///
/// # Errors
///
/// `ESRCH` where there is no such process or group; `EINVAL` for a number
/// below 1. `F_SETOWN` in
/// <https://man7.org/linux/man-pages/man2/fcntl.2.html>.
pub fn set_owner(socket: impl AsFd, owner: Owner) -> Result<()> {
    let (Owner::Process(id) | Owner::Group(id)) = owner;
    // 0 would mean nobody, and a negative number the other kind of owner.
    if id.as_raw() < 1 {
        return Err(Errno::EINVAL);
    }
    let number = match owner {
        Owner::Process(id) => id.as_raw(),
        Owner::Group(id) => -id.as_raw(),
    };
    let fd = socket.as_fd().as_raw_fd();
    // SAFETY: takes two numbers and no pointer.
    #[expect(unsafe_code, reason = "nix has no F_SETOWN")]
    let done = unsafe { libc::fcntl(fd, libc::F_SETOWN, number) };
    Errno::result(done).map(drop)
}
// ANCHOR_END: set_owner

#[cfg(test)]
mod tests {
    use std::os::fd::{AsRawFd, OwnedFd};

    use nix::errno::Errno;
    use nix::libc;
    use nix::sys::socket::{AddressFamily, SockFlag, SockType, socket};
    use nix::unistd::{Pid, getpgrp, getpid};

    use super::{Owner, set_owner};

    fn a_socket() -> OwnedFd {
        let (family, kind) = (AddressFamily::Inet, SockType::Stream);
        socket(family, kind, SockFlag::empty(), None).expect("socket")
    }

    fn owner(socket: &OwnedFd) -> i32 {
        // SAFETY: takes no pointer.
        #[expect(unsafe_code, reason = "nix has no F_GETOWN")]
        unsafe {
            libc::fcntl(socket.as_raw_fd(), libc::F_GETOWN)
        }
    }

    #[test]
    fn a_process_is_a_positive_number_and_a_group_a_negative_one() {
        let socket = a_socket();
        assert_eq!(owner(&socket), 0, "a new socket has no owner");
        assert_eq!(set_owner(&socket, Owner::Process(getpid())), Ok(()));
        assert_eq!(owner(&socket), getpid().as_raw());
        assert_eq!(set_owner(&socket, Owner::Group(getpgrp())), Ok(()));
        assert_eq!(owner(&socket), -getpgrp().as_raw());
    }

    #[test]
    fn a_number_that_means_something_else_is_refused() {
        let socket = a_socket();
        for number in [0, -1, i32::MIN] {
            let id = Pid::from_raw(number);
            for owner in [Owner::Process(id), Owner::Group(id)] {
                assert_eq!(set_owner(&socket, owner), Err(Errno::EINVAL));
            }
        }
        assert_eq!(owner(&socket), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nobody_can_be_owner_who_is_not_there() {
        // Above the highest number that Linux gives, 4194304.
        let nobody = Owner::Process(Pid::from_raw(5_000_000));
        assert_eq!(set_owner(a_socket(), nobody), Err(Errno::ESRCH));
    }
}
