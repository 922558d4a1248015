//! Wrong: handles SIGURG, and the socket has no owner.
//! Fails: unread_bytes_before_the_mark_are_thrown_away, bytes_behind_the_mark_are_kept, bytes_that_were_read_before_the_mark_are_forgotten, an_urgent_byte_that_comes_while_it_waits_cancels, a_client_may_cancel_again_and_again, it_sleeps_after_a_cancel
//! Told: hears "cancelled
//! Believes: sigurg-comes-by-itself

use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use anyhow::Result;
use nix::errno::Errno;
use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{MsgFlags, recv, send};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Set by the handler.
static URGENT: AtomicBool = AtomicBool::new(false);

extern "C" fn note(_: c_int) {
    URGENT.store(true, SeqCst);
}

fn run() -> Result<()> {
    let handler = SigHandler::Handler(note);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler stores one atomic.
    unsafe { sigaction(Signal::SIGURG, &action)? };
    let connection = io::stdin();
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 1024]);
    let mut kept = Vec::new();
    loop {
        if URGENT.swap(false, SeqCst) {
            while !sys::at_mark(&connection)? {
                recv(fd, &mut buffer, MsgFlags::empty())?;
            }
            kept.clear();
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
        }
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(0) => break,
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}
