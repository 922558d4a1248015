//! Right: SO_OOBINLINE makes the urgent byte one that poll waits for.

use std::io::{self, Read, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv, setsockopt, sockopt};

pub fn main() -> ExitCode {
    let mut connection = io::stdin();
    match discard(&connection) {
        Ok(Some(count)) => {
            println!("{count} bytes discarded");
            let mut behind = Vec::new();
            connection.read_to_end(&mut behind).expect("read");
            io::stdout().write_all(&behind).expect("print");
        }
        Ok(None) => println!("no mark"),
        Err(errno) => {
            eprintln!("{errno}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn discard(connection: &Stdin) -> Result<Option<usize>> {
    setsockopt(connection, sockopt::OobInline, &true)?;
    let (fd, mut buffer, mut discarded) = (connection.as_raw_fd(), [0; 64], 0);
    loop {
        wait(connection, PollFlags::POLLIN)?;
        if sys::at_mark(connection)? {
            // The urgent byte itself.
            recv(fd, &mut buffer[..1], MsgFlags::empty())?;
            return Ok(Some(discarded));
        }
        match recv(fd, &mut buffer, MsgFlags::empty())? {
            0 => return Ok(None),
            count => discarded += count,
        }
    }
}

fn wait(connection: &Stdin, events: PollFlags) -> Result<()> {
    poll(
        &mut [PollFd::new(connection.as_fd(), events)],
        PollTimeout::NONE,
    )
    .map(drop)
}
