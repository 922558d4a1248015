//! Wrong: waits for the urgent byte alone, which may never come.
//! Fails: a_stream_without_a_mark_ends_it
//! Told: the program is still in poll on descriptor 0

use std::io::{self, Read, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, recv};

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
    let (mut buffer, mut discarded) = ([0; 1024], 0);
    wait(connection, PollFlags::POLLPRI)?;
    while !sys::at_mark(connection)? {
        match recv(connection.as_raw_fd(), &mut buffer, MsgFlags::empty())? {
            0 => return Ok(None),
            count => discarded += count,
        }
    }
    Ok(Some(discarded))
}

fn wait(connection: &Stdin, events: PollFlags) -> Result<()> {
    poll(
        &mut [PollFd::new(connection.as_fd(), events)],
        PollTimeout::NONE,
    )
    .map(drop)
}
