//! Wrong: tries again when recv returns 0, as the manual's function does.
//! Fails: a_stream_without_an_urgent_byte_is_kept_whole
//! Told: it still runs after
//! Believes: zero-is-nothing-yet

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
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
    let mut byte = [0];
    while recv(fd, &mut byte, MsgFlags::MSG_OOB).is_err() {
        if wait()?.1 {
            continue;
        }
        let count = recv(fd, &mut buffer, MsgFlags::empty())?;
        before.extend_from_slice(&buffer[..count]);
    }
    println!("urgent {}", char::from(byte[0]));
    while !sys::at_mark(&connection)? {
        let count = recv(fd, &mut buffer, MsgFlags::empty())?;
        before.extend_from_slice(&buffer[..count]);
    }
    connection.read_to_end(&mut behind)?;
    print(&before, &behind)?;
    Ok(())
}

fn print(before: &[u8], behind: &[u8]) -> io::Result<()> {
    let mut out = io::stdout();
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
