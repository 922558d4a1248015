//! Wrong: takes every failure of recv for the end of the stream.
//! Fails: a_reset_prints_nothing
//! Told: exit code 1

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
        let (_, urgent) = wait()?;
        if urgent {
            while !sys::at_mark(&connection)? {
                recv(fd, &mut buffer, MsgFlags::empty())?;
            }
            recv(fd, &mut [0], MsgFlags::MSG_OOB)?;
            kept.clear();
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
            continue;
        }
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(count @ 1..) => kept.extend_from_slice(&buffer[..count]),
            _ => break,
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
