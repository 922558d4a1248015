//! Right: SIGURG is blocked except in pselect, which it ends.

use std::io::{self, Read, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::Result;
use nix::errno::Errno;
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{MsgFlags, recv};
use nix::unistd::getpid;

pub fn main() -> ExitCode {
    let mut connection = io::stdin();
    match discard(&connection) {
        Ok(Some(count)) => {
            println!("{count} bytes discarded");
            let mut behind = Vec::new();
            connection.read_to_end(&mut behind).expect("read");
            io::stdout().write_all(&behind).expect("print");
        }
        Ok(None) => println!("no mark"),
        Err(errno) => {
            eprintln!("{errno}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

extern "C" fn wake(_: nix::libc::c_int) {}

fn discard(connection: &Stdin) -> Result<Option<usize>> {
    let mut sigurg = SigSet::empty();
    sigurg.add(Signal::SIGURG);
    sigurg.thread_block()?;
    let (handler, none) = (SigHandler::Handler(wake), SigSet::empty());
    let action = SigAction::new(handler, SaFlags::empty(), none);
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGURG, &action)? };
    sys::set_owner(connection, sys::Owner::Process(getpid()))?;
    let fd = connection.as_raw_fd();
    let (mut buffer, mut discarded) = ([0; 500], 0);
    loop {
        // The announcement is in the kernel's books when this call returns.
        let _ = recv(fd, &mut [0], MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK);
        if sys::at_mark(connection)? {
            return Ok(Some(discarded));
        }
        let mut read = FdSet::new();
        read.insert(connection.as_fd());
        match pselect(None, &mut read, None, None, None, &none) {
            Err(Errno::EINTR) => continue,
            ready => ready?,
        };
        if sys::at_mark(connection)? {
            return Ok(Some(discarded));
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => return Ok(None),
            count => discarded += count,
        }
    }
}
