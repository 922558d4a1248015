//! Keeping a new process from inheriting descriptors by accident.

use nix::libc;

// ANCHOR: close_on_exec
/// Marks every descriptor from `lowest` up to be closed when this process
/// executes another program. Safe to call between fork and exec: it makes
/// system calls and nothing else.
///
/// A socket that a child holds without knowing keeps its connection open after
/// the parent has closed it. std marks what it opens by itself; a bare
/// `socket` or `accept` doesn't.
///
/// One `close_range` on Linux 5.11 and later; elsewhere one `fcntl` for each
/// number below 1024.
pub fn close_on_exec_from(lowest: i32) {
    /// Nothing in this workspace opens a descriptor beyond it.
    const HIGHEST: i32 = 1024;

    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes no pointers; marks descriptors, closes none.
        #[expect(unsafe_code, reason = "nix has no close_range")]
        let done = unsafe {
            let flags = libc::CLOSE_RANGE_CLOEXEC;
            libc::syscall(
                libc::SYS_close_range,
                lowest,
                libc::c_uint::MAX,
                flags,
            )
        };
        if done == 0 {
            return;
        }
    }
    for fd in lowest..HIGHEST {
        // SAFETY: takes no pointers; a number that is not open is EBADF.
        #[expect(unsafe_code, reason = "nix wants a descriptor that is open")]
        unsafe {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
}
// ANCHOR_END: close_on_exec
