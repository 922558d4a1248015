//! Right: SIGURG ends the wait; the signal is blocked everywhere else.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{MsgFlags, recv, send};
use nix::unistd::getpid;
use sys::{Owner, set_owner};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Does nothing: that it runs makes `pselect` fail with EINTR.
extern "C" fn wake(_: c_int) {}

fn run() -> Result<()> {
    let connection = io::stdin();
    let fd = connection.as_raw_fd();
    let mut sigurg = SigSet::empty();
    sigurg.add(Signal::SIGURG);
    sigurg.thread_block()?;
    let none = SigSet::empty();
    let action =
        SigAction::new(SigHandler::Handler(wake), SaFlags::empty(), none);
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGURG, &action)? };
    set_owner(&connection, Owner::Process(getpid()))?;
    let (mut kept, mut buffer) = (Vec::new(), [0; 4000]);
    loop {
        // An announcement may be older than the owner, or come at any time.
        let byte = recv(fd, &mut [0], MsgFlags::MSG_OOB);
        if byte.is_ok() {
            while !sys::at_mark(&connection)? {
                recv(fd, &mut buffer, MsgFlags::empty())?;
            }
            kept.clear();
            ensure!(send(fd, b"cancelled\n", MsgFlags::empty())? == 10);
            continue;
        }
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(connection.as_fd());
        // Announced and not here: there is no second signal for the byte.
        if byte == Err(Errno::EAGAIN) {
            except.insert(connection.as_fd());
        }
        match pselect(None, &mut read, None, &mut except, None, &none) {
            Err(Errno::EINTR) => continue,
            ready => ready?,
        };
        // The byte may have come together with what was reported.
        let peek = MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK;
        if recv(fd, &mut [0], peek).is_ok() {
            continue;
        }
        if read.contains(connection.as_fd()) {
            match recv(fd, &mut buffer, MsgFlags::empty())? {
                0 => break,
                count => kept.extend_from_slice(&buffer[..count]),
            }
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}
