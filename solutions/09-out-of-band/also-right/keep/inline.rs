//! Right: SO_OOBINLINE, and a question before each recv.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

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
    setsockopt(&connection, sockopt::OobInline, &true)?;
    let (fd, mut buffer) = (connection.as_raw_fd(), [0; 777]);
    let (mut before, mut behind) = (Vec::new(), None);
    loop {
        let asked = PollFd::new(connection.as_fd(), PollFlags::POLLIN);
        poll(&mut [asked], PollTimeout::NONE)?;
        if behind.is_none() && sys::at_mark(&connection)? {
            recv(fd, &mut buffer[..1], MsgFlags::empty())?;
            println!("urgent {}", char::from(buffer[0]));
            behind = Some(Vec::new());
            continue;
        }
        let part = behind.as_mut().unwrap_or(&mut before);
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => break,
            count => part.extend_from_slice(&buffer[..count]),
        }
    }
    print(&before, behind.as_deref())?;
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
