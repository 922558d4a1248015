//! Right: discards before it takes the byte, and asks for the mark again.

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
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let connection = io::stdin();
    let fd = connection.as_raw_fd();
    let mut buffer = vec![0; 65_536];
    let mut kept = Vec::new();
    loop {
        let both = PollFlags::POLLIN | PollFlags::POLLPRI;
        let mut asked = [PollFd::new(connection.as_fd(), both)];
        poll(&mut asked, PollTimeout::NONE)?;
        let told = asked[0].revents().unwrap_or(both);
        if told.contains(PollFlags::POLLPRI) {
            loop {
                while !sys::at_mark(&connection)? {
                    recv(fd, &mut buffer, MsgFlags::empty())?;
                }
                let _ = recv(fd, &mut buffer, MsgFlags::MSG_OOB);
                // Otherwise a newer one has come, and that was its byte.
                if sys::at_mark(&connection)? {
                    break;
                }
            }
            kept = Vec::new();
            send(fd, b"cancelled\n", MsgFlags::empty())?;
        } else {
            let count = recv(fd, &mut buffer, MsgFlags::empty())?;
            if count == 0 {
                break;
            }
            kept.push(buffer[..count].to_vec());
        }
    }
    io::stdout().write_all(&kept.concat())?;
    Ok(())
}
