//! Wrong: discards from the notice on, and prints what it had kept.
//! Fails: bytes_that_were_read_before_the_mark_are_forgotten
//! Told: they part at byte 0

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
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
        wait()?;
        let notice = recv(fd, &mut [0], MsgFlags::MSG_OOB | MsgFlags::MSG_PEEK);
        if notice != Err(Errno::EINVAL) {
            while !sys::at_mark(&connection)? {
                recv(fd, &mut buffer, MsgFlags::empty())?;
            }
            if recv(fd, &mut [0], MsgFlags::MSG_OOB).is_ok() {
                send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
            }
            continue;
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => break,
            count => kept.extend_from_slice(&buffer[..count]),
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}

/// Sleeps until something is here.
fn wait() -> nix::Result<i32> {
    let (stdin, both) = (io::stdin(), PollFlags::POLLIN | PollFlags::POLLPRI);
    poll(&mut [PollFd::new(stdin.as_fd(), both)], PollTimeout::NONE)
}
