//! Right: keeps all before the mark, and takes the urgent byte there.

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
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 2048]);
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    let mut told = false;
    loop {
        let (readable, urgent) = wait()?;
        if urgent && sys::at_mark(&connection)? {
            let mut byte = [0];
            recv(fd, &mut byte, MsgFlags::MSG_OOB)?;
            writeln!(io::stdout(), "urgent {}", char::from(byte[0]))?;
            told = true;
        } else if readable {
            let part = if told { &mut behind } else { &mut before };
            match recv(fd, &mut buffer, MsgFlags::empty())? {
                0 => break,
                count => part.extend_from_slice(&buffer[..count]),
            }
        }
    }
    print(&before, told.then_some(&behind[..]))?;
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
