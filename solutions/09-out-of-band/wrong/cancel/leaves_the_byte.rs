//! Wrong: leaves the urgent bytes in their queue, to read them at the end.
//! Fails: it_sleeps_after_a_cancel
//! Told: the program sleeps while nothing happens
//! Believes: urgent-bytes-queue

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
    let (mut kept, mut answered) = (Vec::new(), false);
    let mut queued = 0;
    loop {
        let (readable, urgent) = wait()?;
        if urgent && sys::at_mark(&connection)? && !answered {
            kept.clear();
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
            answered = true;
            queued += 1;
        } else if readable {
            answered = false;
            match recv(fd, &mut buffer, MsgFlags::empty())? {
                0 => break,
                count => kept.extend_from_slice(&buffer[..count]),
            }
        }
    }
    for _ in 0..queued {
        // What each of them was makes no difference.
        let _ = recv(fd, &mut buffer, MsgFlags::MSG_OOB);
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
