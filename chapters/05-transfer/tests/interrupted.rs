//! What a signal does to a `send` that finds no room at all. On TCP room
//! comes and goes by itself, so `interrupted` can't show it the same way in
//! every run; a pair of local sockets can.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::thread::JoinHandleExt as _;
use std::sync::{Mutex, mpsc};
use std::thread;

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::poll::poll;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::send;
use nix::unistd::gettid;

/// The disposition of a signal belongs to the whole process.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

#[test]
fn a_send_that_took_no_byte_fails_with_eintr() -> Result<()> {
    let sent = interrupted_send(SaFlags::empty())?;
    ensure!(sent == Err(Errno::EINTR), "{sent:?}");
    Ok(())
}

#[test]
fn with_sa_restart_it_goes_on_and_sends_when_there_is_room() -> Result<()> {
    let sent = interrupted_send(SaFlags::SA_RESTART)?;
    ensure!(sent == Ok(5), "{sent:?}");
    Ok(())
}

/// What a blocking `send` of five bytes gives that gets a signal while the
/// buffer is full, and room after the signal.
fn interrupted_send(flags: SaFlags) -> Result<nix::Result<usize>> {
    extern "C" fn nothing(_: c_int) {}
    let _guard = ONE_AT_A_TIME.lock();
    let handler = SigHandler::Handler(nothing);
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler does nothing.
    #[expect(unsafe_code, reason = "a handler must be signal-safe")]
    unsafe { sigaction(Signal::SIGUSR1, &action) }?;

    let (mut ours, mut theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    while ours.write(&[0; 4096]).is_ok() {}
    ours.set_nonblocking(false)?;

    let (tell, told) = mpsc::channel();
    let sender = thread::spawn(move || {
        let _ = tell.send(gettid());
        send(ours.as_raw_fd(), b"hello", sys::MSG_NOSIGNAL)
    });
    let stat = format!("/proc/self/task/{}/stat", told.recv()?);
    asleep(&stat)?;
    // SAFETY: the thread has not been joined, so its handle is good.
    #[expect(unsafe_code, reason = "nix is built without pthread")]
    let done = unsafe {
        libc::pthread_kill(sender.as_pthread_t(), Signal::SIGUSR1 as c_int)
    };
    ensure!(done == 0, "pthread_kill: {done}");
    if flags.contains(SaFlags::SA_RESTART) {
        // Room, and with it an end for the call.
        theirs.read_exact(&mut [0; 4096])?;
        theirs.set_nonblocking(true)?;
        while theirs.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
    }
    let sent = sender.join().ok().context("the sender panicked")?;
    Ok(sent)
}

/// Waits until the thread whose account is `stat` sleeps, for five seconds at
/// most. No other thread hears of that, so it has to be looked at.
fn asleep(stat: &str) -> Result<()> {
    for _ in 0..5000 {
        let text = fs::read_to_string(stat)?;
        if text.rsplit(") ").next().is_some_and(|s| s.starts_with('S')) {
            return Ok(());
        }
        poll(&mut [], 1_u8)?;
    }
    anyhow::bail!("it does not fall asleep")
}
