//! Wrong: waits for an announced byte without reading what stands in its way.
//! Fails: a_full_receive_buffer_loses_nothing
//! Told: the program is still in poll
//! Believes: urgent-data-overtakes

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
    loop {
        let (_, urgent) = wait()?;
        let mut byte = [0];
        match recv(fd, &mut byte, MsgFlags::MSG_OOB) {
            Ok(_) => {
                println!("urgent {}", char::from(byte[0]));
                break;
            }
            // Announced: it is faster than the rest, and will be here soon.
            Err(Errno::EAGAIN) => {
                let pri = PollFlags::POLLPRI;
                let mut asked = [PollFd::new(connection.as_fd(), pri)];
                poll(&mut asked, PollTimeout::NONE)?;
            }
            Err(Errno::EINVAL) if !urgent => {
                match recv(fd, &mut buffer, MsgFlags::empty())? {
                    0 => return Ok(print(&before, None)?),
                    count => before.extend_from_slice(&buffer[..count]),
                }
            }
            Err(errno) => return Err(errno.into()),
        }
    }
    while !sys::at_mark(&connection)? {
        let count = recv(fd, &mut buffer, MsgFlags::empty())?;
        before.extend_from_slice(&buffer[..count]);
    }
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

/// Sleeps; whether ordinary data is here, and whether the urgent byte is.
fn wait() -> nix::Result<(bool, bool)> {
    let (stdin, both) = (io::stdin(), PollFlags::POLLIN | PollFlags::POLLPRI);
    let mut asked = [PollFd::new(stdin.as_fd(), both)];
    poll(&mut asked, PollTimeout::NONE)?;
    let told = asked[0].revents().unwrap_or(both);
    let urgent = told.contains(PollFlags::POLLPRI);
    Ok((told.intersects(!PollFlags::POLLPRI), urgent))
}
