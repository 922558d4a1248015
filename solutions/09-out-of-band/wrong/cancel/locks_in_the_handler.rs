//! Wrong: the handler takes the lock that the program holds in recv.
//! Fails: bytes_that_were_read_before_the_mark_are_forgotten, an_urgent_byte_that_comes_while_it_waits_cancels, a_client_may_cancel_again_and_again
//! Told: in a wait for another thread
//! Believes: a-handler-may-do-anything

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Mutex;

use anyhow::Result;
use nix::errno::Errno;
use nix::libc::c_int;
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
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What nobody has cancelled.
static KEPT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

extern "C" fn cancel(_: c_int) {
    let mut kept = KEPT.lock().expect("kept");
    let (connection, mut buffer) = (io::stdin(), [0; 1024]);
    while let Ok(false) = sys::at_mark(&connection) {
        let _ = recv(0, &mut buffer, MsgFlags::empty());
    }
    let _ = recv(0, &mut buffer, MsgFlags::MSG_OOB);
    kept.clear();
    let _ = send(0, b"cancelled\n", sys::MSG_NOSIGNAL);
}

fn run() -> Result<()> {
    // An urgent byte that was announced before signals nobody.
    let peek = MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK;
    if recv(0, &mut [0], peek) != Err(Errno::EINVAL) {
        cancel(0);
    }
    let handler = SigHandler::Handler(cancel);
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: it is not: a handler must not lock, allocate or print.
    unsafe { sigaction(Signal::SIGURG, &action)? };
    set_owner(io::stdin(), Owner::Process(getpid()))?;
    let (mut kept, mut buffer) = (KEPT.lock().expect("kept"), [0; 1024]);
    loop {
        match recv(0, &mut buffer, MsgFlags::empty()) {
            Ok(0) => break,
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}
