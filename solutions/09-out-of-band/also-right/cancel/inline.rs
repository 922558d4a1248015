//! Right: SO_OOBINLINE, and a question before each recv.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cancel: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let connection = io::stdin();
    setsockopt(&connection, sockopt::OobInline, &true)?;
    let fd = connection.as_raw_fd();
    let (mut text, mut buffer) = (Vec::new(), [0; 1500]);
    loop {
        let asked = PollFd::new(connection.as_fd(), PollFlags::POLLIN);
        poll(&mut [asked], PollTimeout::NONE)?;
        if sys::at_mark(&connection)? {
            ensure!(recv(fd, &mut buffer[..1], MsgFlags::empty())? == 1);
            text.clear();
            nix::unistd::write(&connection, b"cancelled\n")?;
            continue;
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => break,
            count => text.extend_from_slice(&buffer[..count]),
        }
    }
    io::stdout().write_all(&text)?;
    Ok(())
}
