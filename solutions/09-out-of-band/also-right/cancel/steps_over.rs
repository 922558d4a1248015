//! Right: a recv that does not wait steps over the urgent byte.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, send};

pub fn main() -> ExitCode {
    run().map_or_else(
        |error| {
            eprintln!("failed: {error}");
            ExitCode::FAILURE
        },
        |()| ExitCode::SUCCESS,
    )
}

fn run() -> Result<()> {
    let connection = io::stdin();
    let fd = connection.as_raw_fd();
    let (mut kept, mut buffer) = (Vec::new(), [0; 512]);
    loop {
        let both = PollFlags::POLLIN | PollFlags::POLLPRI;
        let mut asked = [PollFd::new(connection.as_fd(), both)];
        poll(&mut asked, PollTimeout::NONE)?;
        let told = asked[0].revents().unwrap_or(both);
        let cancelled =
            told.contains(PollFlags::POLLPRI) && sys::at_mark(&connection)?;
        if cancelled {
            kept.clear();
        }
        match recv(fd, &mut buffer, MsgFlags::MSG_DONTWAIT) {
            Ok(0) if !cancelled => break,
            Ok(count) => kept.extend_from_slice(&buffer[..count]),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
        if cancelled {
            send(fd, b"cancelled\n", sys::MSG_NOSIGNAL)?;
        }
    }
    io::stdout().write_all(&kept)?;
    Ok(())
}
