//! Wrong: waits in recv at the place where the mark comes.
//! Fails: an_urgent_byte_that_comes_while_it_sleeps_is_seen
//! Told: no urgent byte
//! Believes: an-ordinary-recv-leaves-the-urgent-byte-alone

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

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
    let mut connection = io::stdin();
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 1024]);
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    while !sys::at_mark(&connection)? {
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => return Ok(print(&before, None)?),
            count => before.extend_from_slice(&buffer[..count]),
        }
    }
    let mut byte = [0];
    while recv(fd, &mut byte, MsgFlags::MSG_OOB) == Err(Errno::EAGAIN) {
        let mut asked = [PollFd::new(connection.as_fd(), PollFlags::POLLPRI)];
        poll(&mut asked, PollTimeout::NONE)?;
    }
    println!("urgent {}", char::from(byte[0]));
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
