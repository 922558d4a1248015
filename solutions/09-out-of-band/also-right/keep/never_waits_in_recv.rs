//! Right: non-blocking from the start; only poll sleeps.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
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
    let fd = connection.as_raw_fd();
    fcntl(&connection, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    let mut parts = [Vec::new(), Vec::new()];
    let mut buffer = vec![0; 100_000];
    // Where the urgent byte has been read, and where its mark is behind us.
    let (mut told, mut past) = (false, 0);
    loop {
        if wait()?.1 && !told {
            told = recv(fd, &mut buffer, MsgFlags::MSG_OOB).is_ok();
            println!("urgent {}", char::from(buffer[0]));
        }
        if told && past == 0 && sys::at_mark(&connection)? {
            past = 1;
        }
        match recv(fd, &mut buffer, MsgFlags::empty()) {
            Ok(0) => break,
            Ok(count) => parts[past].extend_from_slice(&buffer[..count]),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let [before, behind] = parts;
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
