//! Right: select, and one byte a recv and a send.

use std::io::{self, Stdin, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::socket::{MsgFlags, recv, send};

pub fn main() -> ExitCode {
    let mut text = Vec::new();
    match take(&io::stdin(), &mut text) {
        Ok(()) => {
            io::stdout().write_all(&text).expect("stdout");
            ExitCode::SUCCESS
        }
        Err(errno) => {
            eprintln!("{errno}");
            ExitCode::FAILURE
        }
    }
}

fn take(connection: &Stdin, text: &mut Vec<u8>) -> nix::Result<()> {
    let fd = connection.as_raw_fd();
    loop {
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(connection.as_fd());
        except.insert(connection.as_fd());
        select(1, &mut read, None, &mut except, None)?;
        let mut byte = [0];
        if except.contains(connection.as_fd()) {
            match recv(fd, &mut byte, MsgFlags::MSG_OOB) {
                Err(Errno::EAGAIN) => continue,
                read => read?,
            };
            while !sys::at_mark(connection)? {
                recv(fd, &mut byte, MsgFlags::empty())?;
            }
            text.clear();
            for letter in b"cancelled\n" {
                send(fd, &[*letter], MsgFlags::empty())?;
            }
        } else if read.contains(connection.as_fd()) {
            match recv(fd, &mut byte, MsgFlags::empty())? {
                0 => return Ok(()),
                _ => text.push(byte[0]),
            }
        }
    }
}
