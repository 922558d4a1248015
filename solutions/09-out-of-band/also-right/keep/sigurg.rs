//! Right: SIGURG is blocked except in pselect, which it ends.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::sys::select::{FdSet, pselect};
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::{MsgFlags, recv};
use nix::unistd::getpid;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

extern "C" fn wake(_: nix::libc::c_int) {}

fn run() -> Result<()> {
    let mut connection = io::stdin();
    let mut sigurg = SigSet::empty();
    sigurg.add(Signal::SIGURG);
    sigurg.thread_block()?;
    let (handler, none) = (SigHandler::Handler(wake), SigSet::empty());
    let action = SigAction::new(handler, SaFlags::empty(), none);
    // SAFETY: the handler does nothing.
    unsafe { sigaction(Signal::SIGURG, &action)? };
    sys::set_owner(&connection, sys::Owner::Process(getpid()))?;
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 1024]);
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    loop {
        let byte = recv(fd, &mut buffer, MsgFlags::MSG_OOB);
        if byte.is_ok() {
            break;
        }
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(connection.as_fd());
        // The signal came with the announcement; the byte sends no second one.
        if byte == Err(Errno::EAGAIN) {
            except.insert(connection.as_fd());
        }
        match pselect(None, &mut read, None, &mut except, None, &none) {
            Err(Errno::EINTR) => continue,
            ready => ready?,
        };
        // The byte may have come together with what was reported.
        let peek = MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK;
        if recv(fd, &mut buffer, peek).is_ok() {
            continue;
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => return Ok(print(&before, None)?),
            count => before.extend_from_slice(&buffer[..count]),
        }
    }
    println!("urgent {}", char::from(buffer[0]));
    while !sys::at_mark(&connection)? {
        let count = recv(fd, &mut buffer, MsgFlags::empty())?;
        before.extend_from_slice(&buffer[..count]);
    }
    connection.read_to_end(&mut behind)?;
    print(&before, Some(&behind))?;
    Ok(())
}

fn print(before: &[u8], behind: Option<&[u8]>) -> io::Result<()> {
    let mut out = io::stdout();
    let Some(behind) = behind else {
        out.write_all(b"no urgent byte\n")?;
        return out.write_all(before);
    };
    for (side, bytes) in [("before", before), ("behind", behind)] {
        writeln!(out, "{side} {}", bytes.len())?;
        out.write_all(bytes)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
