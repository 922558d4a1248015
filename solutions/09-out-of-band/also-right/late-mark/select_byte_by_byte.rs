//! Right: select, and the mark where the urgent byte is reported.

use std::io::{self, Read, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::Result;
use nix::sys::select::{FdSet, select};
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
    let fd = connection.as_fd();
    let mut discarded = 0;
    loop {
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(fd);
        except.insert(fd);
        select(1, &mut read, None, &mut except, None)?;
        if except.contains(fd) && sys::at_mark(connection)? {
            recv(fd.as_raw_fd(), &mut [0], MsgFlags::MSG_OOB)?;
            return Ok(Some(discarded));
        }
        if read.contains(fd) {
            match recv(fd.as_raw_fd(), &mut [0], MsgFlags::empty())? {
                0 => return Ok(None),
                count => discarded += count,
            }
        }
    }
}
