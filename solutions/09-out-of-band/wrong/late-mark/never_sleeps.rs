//! Wrong: asks for the mark again and again, and never waits.
//! Fails: a_mark_that_comes_while_it_waits_is_found
//! Told: uses the processor
//! Believes: waiting-is-polling

use std::io::{self, Read, Stdin, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::Result;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv};

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

fn discard(connection: &Stdin) -> Result<Option<usize>> {
    let (fd, mut discarded) = (connection.as_raw_fd(), 0);
    while !sys::at_mark(connection)? {
        let mut byte = [0];
        let flags = MsgFlags::MSG_DONTWAIT;
        match recv(fd, &mut byte, flags | MsgFlags::MSG_PEEK) {
            Ok(0) => return Ok(None),
            Ok(_) if sys::at_mark(connection)? => break,
            Ok(_) => discarded += recv(fd, &mut byte, flags)?,
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(Some(discarded))
}
