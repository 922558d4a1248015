//! Wrong: one recv is to take all that stands before the mark.
//! Fails: a_mark_that_is_there_is_found
//! Told: bytes discarded
//! Believes: recv-fills-the-buffer

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
    let (fd, mut discarded) = (connection.as_raw_fd(), 0);
    let both = PollFlags::POLLIN | PollFlags::POLLPRI;
    loop {
        let mut asked = [PollFd::new(connection.as_fd(), both)];
        poll(&mut asked, PollTimeout::NONE)?;
        let told = asked[0].revents().unwrap_or(both);
        if sys::at_mark(connection)? {
            return Ok(Some(discarded));
        }
        match recv(fd, &mut [0; 4096], MsgFlags::empty())? {
            0 => return Ok(None),
            count => discarded += count,
        }
        if told.contains(PollFlags::POLLPRI) {
            return Ok(Some(discarded));
        }
    }
}
