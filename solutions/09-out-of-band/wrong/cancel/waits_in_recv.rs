//! Wrong: waits in recv at the place where the mark comes.
//! Fails: an_urgent_byte_that_comes_while_it_waits_cancels
//! Told: in recv on descriptor 0
//! Believes: an-ordinary-recv-leaves-the-urgent-byte-alone

use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::Result;
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

fn run() -> Result<()> {
    let connection = io::stdin();
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 1024]);
    let mut kept = Vec::new();
    loop {
        let mut byte = [0];
        if sys::at_mark(&connection)?
            && recv(fd, &mut byte, MsgFlags::MSG_OOB).is_ok()
        {
            kept.clear();
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => break,
            count => kept.extend_from_slice(&buffer[..count]),
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}
