//! Wrong: tells of the urgent byte when the stream has ended.
//! Fails: the_urgent_byte_is_printed_before_the_stream_ends
//! Told: the program prints the line "urgent

use std::io::{self, Write};
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
    let connection = io::stdin();
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 1024]);
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    let mut urgent = None;
    loop {
        if wait()?.1 {
            let mut byte = [0];
            recv(fd, &mut byte, MsgFlags::MSG_OOB)?;
            while !sys::at_mark(&connection)? {
                let count = recv(fd, &mut buffer, MsgFlags::empty())?;
                before.extend_from_slice(&buffer[..count]);
            }
            urgent = Some(byte[0]);
            continue;
        }
        let part = if urgent.is_some() {
            &mut behind
        } else {
            &mut before
        };
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => break,
            count => part.extend_from_slice(&buffer[..count]),
        }
    }
    if let Some(byte) = urgent {
        println!("urgent {}", char::from(byte));
    }
    print(&before, urgent.map(|_| &behind[..]))?;
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
