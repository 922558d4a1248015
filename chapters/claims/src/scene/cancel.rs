//! A thread that is cancelled in a system call, as a C program does it. Rust
//! has no call for that: this is the C library's.

use std::ffi::{c_int, c_long, c_void};
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::libc;
use nix::sys::socket::{SockaddrIn, SockaddrLike};
use nix::unistd::{Pid, gettid};

use super::{loopback, until, until_asleep};

/// What a thread of the C library does.
type Start = extern "C-unwind" fn(*mut c_void) -> *mut c_void;

// Cancelling unwinds the thread out of these calls, so they are declared as
// functions that may; those of the libc crate never do.
// https://man7.org/linux/man-pages/man7/pthreads.7.html
#[expect(unsafe_code, reason = "declares the C library's functions")]
unsafe extern "C-unwind" {
    fn connect(
        fd: c_int,
        address: *const libc::sockaddr,
        length: libc::socklen_t,
    ) -> c_int;
    fn accept(
        fd: c_int,
        address: *mut libc::sockaddr,
        length: *mut libc::socklen_t,
    ) -> c_int;
    fn send(fd: c_int, from: *const c_void, size: usize, flags: c_int)
    -> isize;
    fn recv(fd: c_int, to: *mut c_void, size: usize, flags: c_int) -> isize;
    fn pthread_create(
        thread: *mut libc::pthread_t,
        attributes: *const c_void,
        start: Start,
        argument: *mut c_void,
    ) -> c_int;
    fn pthread_cancel(thread: libc::pthread_t) -> c_int;
    fn pthread_join(thread: libc::pthread_t, value: *mut *mut c_void) -> c_int;
}

/// What `pthread_join` tells of a thread that was cancelled: `(void *) -1`.
const CANCELED: usize = usize::MAX;

/// Whether a thread that waits in `connect` to this address, whose queue is
/// full, is ended there.
pub fn in_connect(socket: &OwnedFd, address: SockaddrIn) -> Result<bool> {
    cancelled(connects, socket, address, libc::SYS_connect)
}

/// Whether a thread that waits in `accept` on this listening socket, where
/// nobody comes, is ended there.
pub fn in_accept(socket: &OwnedFd) -> Result<bool> {
    cancelled(accepts, socket, loopback(0), libc::SYS_accept)
}

/// Whether a thread that waits in `send` on this full socket is ended there.
pub fn in_send(socket: &OwnedFd) -> Result<bool> {
    cancelled(sends, socket, loopback(0), libc::SYS_sendto)
}

/// Whether a thread that waits in `recv` on this socket is ended there.
pub fn in_recv(socket: &OwnedFd) -> Result<bool> {
    cancelled(receives, socket, loopback(0), libc::SYS_recvfrom)
}

/// What such a thread is handed.
struct Task {
    socket: c_int,
    /// Only `connect` looks at it.
    address: SockaddrIn,
    /// The thread's number, as soon as it runs; 0 before.
    thread: AtomicI32,
}

// Nothing in these four has a destructor: they may be unwound from outside.

extern "C-unwind" fn connects(task: *mut c_void) -> *mut c_void {
    let task = begun(task);
    let (address, length) = (task.address.as_ptr(), task.address.len());
    // SAFETY: an address has that many bytes where it begins.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        connect(task.socket, address, length);
    }
    ptr::null_mut()
}

extern "C-unwind" fn accepts(task: *mut c_void) -> *mut c_void {
    let task = begun(task);
    // SAFETY: without a place for the address, the kernel writes nothing.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        accept(task.socket, ptr::null_mut(), ptr::null_mut());
    }
    ptr::null_mut()
}

extern "C-unwind" fn sends(task: *mut c_void) -> *mut c_void {
    let task = begun(task);
    // SAFETY: one byte of a constant.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        send(task.socket, b"x".as_ptr().cast(), 1, libc::MSG_NOSIGNAL);
    }
    ptr::null_mut()
}

extern "C-unwind" fn receives(task: *mut c_void) -> *mut c_void {
    let task = begun(task);
    let mut byte = 0_u8;
    // SAFETY: one byte, and `byte` is one.
    #[expect(unsafe_code, reason = "the call itself")]
    unsafe {
        recv(task.socket, (&raw mut byte).cast(), 1, 0);
    }
    ptr::null_mut()
}

/// The task that a thread was handed; says that the thread runs.
fn begun(task: *mut c_void) -> &'static Task {
    // SAFETY: `cancelled` hands over a task and nothing else, and never frees
    // it.
    #[expect(unsafe_code, reason = "the C library hands over a pointer")]
    let task = unsafe { &*task.cast::<Task>().cast_const() };
    task.thread.store(gettid().as_raw(), Ordering::Release);
    task
}

/// Starts a thread, cancels it when it sleeps in this system call, and tells
/// whether it ended by that.
fn cancelled(
    start: Start,
    socket: &OwnedFd,
    address: SockaddrIn,
    call: c_long,
) -> Result<bool> {
    // Never freed: the thread may use it as long as it lives, which is longer
    // than this function where that fails.
    let task: &'static Task = Box::leak(Box::new(Task {
        socket: socket.as_raw_fd(),
        address,
        thread: AtomicI32::new(0),
    }));
    let argument = ptr::from_ref(task).cast_mut().cast();
    let mut thread: libc::pthread_t = 0;
    // SAFETY: `thread` is written before the call returns; the task is there
    // for ever, and only its atomic number changes.
    #[expect(unsafe_code, reason = "std cannot cancel what it starts")]
    let failed = unsafe {
        pthread_create(&raw mut thread, ptr::null(), start, argument)
    };
    check(failed).context("pthread_create")?;
    let number = until("a thread", || {
        let number = task.thread.load(Ordering::Acquire);
        Ok((number != 0).then_some(number))
    })?;
    until_asleep(Pid::from_raw(number), call)?;
    let mut value = ptr::null_mut();
    // SAFETY: the thread exists until it is joined, here and once; it holds
    // nothing of Rust's.
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
