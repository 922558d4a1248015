//! Wrong: calls recv at the mark, which steps over the urgent byte.
//! Fails: bytes_behind_the_mark_are_kept
//! Told: hears "cancelled
//! Believes: an-ordinary-recv-leaves-the-urgent-byte-alone

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
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
        let (readable, urgent) = wait()?;
        if readable {
            match recv(fd, &mut buffer, MsgFlags::empty())? {
                0 => break,
                count => kept.extend_from_slice(&buffer[..count]),
            }
        }
        let mut byte = [0];
        if (readable || urgent)
            && sys::at_mark(&connection)?
            && recv(fd, &mut byte, MsgFlags::MSG_OOB).is_ok()
        {
            kept.clear();
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}

/// Sleeps; whether ordinary data is here, and whether the urgent byte is.
fn wait() -> nix::Result<(bool, bool)> {
    let (stdin, both) = (io::stdin(), PollFlags::POLLIN | PollFlags::POLLPRI);
    let mut asked = [PollFd::new(stdin.as_fd(), both)];
    poll(&mut asked, PollTimeout::NONE)?;
    let told = asked[0].revents().unwrap_or(both);
    let urgent = told.contains(PollFlags::POLLPRI);
    Ok((told.intersects(!PollFlags::POLLPRI), urgent))
}
