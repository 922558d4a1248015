//! A thread that is cancelled in a system call, as a C program does it. Rust
//! has no call for that: this is the C library's.

use std::ffi::{c_int, c_void};
use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;

use crate::scene;

// Cancelling unwinds the thread out of these calls, so they are declared as
// functions that may; those of the libc crate never do.
// https://man7.org/linux/man-pages/man7/pthreads.7.html
#[expect(unsafe_code, reason = "declares the C library's functions")]
unsafe extern "C-unwind" {
    fn send(fd: c_int, from: *const c_void, size: usize, flags: c_int)
    -> isize;
    fn recv(fd: c_int, to: *mut c_void, size: usize, flags: c_int) -> isize;
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const c_void,
        start: extern "C-unwind" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> c_int;
    fn pthread_cancel(thread: libc::pthread_t) -> c_int;
    fn pthread_join(thread: libc::pthread_t, value: *mut *mut c_void) -> c_int;
}

/// What `pthread_join` tells of a thread that was cancelled: `(void *) -1`.
const CANCELED: usize = usize::MAX;

/// Whether a thread that waits in `send` on this full socket is ended there.
pub(crate) fn in_send(socket: &OwnedFd) -> Result<bool> {
    cancelled(sends, socket, libc::SYS_sendto)
}

/// Whether a thread that waits in `recv` on this socket is ended there.
pub(crate) fn in_recv(socket: &OwnedFd) -> Result<bool> {
    cancelled(receives, socket, libc::SYS_recvfrom)
}

// Nothing in these two has a destructor: they may be unwound from outside.

extern "C-unwind" fn sends(fd: *mut c_void) -> *mut c_void {
    // SAFETY: one byte of a constant.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        send(number(fd), b"x".as_ptr().cast(), 1, libc::MSG_NOSIGNAL);
    }
    ptr::null_mut()
}

extern "C-unwind" fn receives(fd: *mut c_void) -> *mut c_void {
    let mut byte = 0_u8;
    // SAFETY: one byte, and `byte` is one.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        recv(number(fd), (&raw mut byte).cast(), 1, 0);
    }
    ptr::null_mut()
}

/// The descriptor that was handed over as the thread's argument.
fn number(argument: *mut c_void) -> c_int {
    c_int::try_from(argument.addr()).unwrap_or(-1)
}

fn cancelled(
    start: extern "C-unwind" fn(*mut c_void) -> *mut c_void,
    socket: &OwnedFd,
    call: libc::c_long,
) -> Result<bool> {
    let fd = socket.as_raw_fd();
    let argument = usize::try_from(fd).context("a descriptor")?;
    let argument = ptr::without_provenance_mut(argument);
    let mut thread: libc::pthread_t = 0;
    // SAFETY: `thread` is written before the call returns; `start` gets a
    // number, no pointer.
    #[expect(unsafe_code, reason = "std cannot cancel what it starts")]
    let failed = unsafe {
        pthread_create(&raw mut thread, ptr::null(), start, argument)
    };
    check(failed).context("pthread_create")?;
    let wanted = format!("{call} {fd:#x} ");
    scene::until("a thread in the call", || {
        let tasks = fs::read_dir("/proc/self/task")?;
        Ok(tasks.flatten().find(|task| {
            let told = fs::read_to_string(task.path().join("syscall"));
            told.is_ok_and(|told| told.starts_with(&wanted))
        }))
    })?;
    let mut value = ptr::null_mut();
    // SAFETY: the thread exists until it is joined, here and once.
    #[expect(unsafe_code, reason = "the calls themselves")]
    unsafe {
        check(pthread_cancel(thread)).context("pthread_cancel")?;
        check(pthread_join(thread, &raw mut value)).context("pthread_join")?;
    }
    Ok(value.addr() == CANCELED)
}

/// These calls give back the number of the errno.
fn check(failed: c_int) -> Result<()> {
    match failed {
        0 => Ok(()),
        number => Err(Errno::from_raw(number).into()),
    }
}
