//! Right: select, one byte a recv, one list and the mark's place in it.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::select::{FdSet, select};
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
    let fd = connection.as_fd();
    let (mut all, mut mark) = (Vec::new(), None);
    loop {
        let (mut read, mut except) = (FdSet::new(), FdSet::new());
        read.insert(fd);
        except.insert(fd);
        select(1, &mut read, None, &mut except, None)?;
        let mut byte = [0];
        if except.contains(fd) && sys::at_mark(fd)? {
            recv(fd.as_raw_fd(), &mut byte, MsgFlags::MSG_OOB)?;
            println!("urgent {}", char::from(byte[0]));
            mark = Some(all.len());
        } else if read.contains(fd) {
            match recv(fd.as_raw_fd(), &mut byte, MsgFlags::empty())? {
                0 => break,
                _ => all.push(byte[0]),
            }
        }
    }
    let (before, behind) = all.split_at(mark.unwrap_or(all.len()));
    print(before, mark.map(|_| behind))?;
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
