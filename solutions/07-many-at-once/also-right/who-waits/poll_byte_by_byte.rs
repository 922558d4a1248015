//! Right: `poll` with a negative number for the queue that is announced; one byte for each `read`.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpListener};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::errno::Errno;
use nix::libc;

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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let mut announced = false;
    loop {
        let watched = if announced { -1 } else { listener.as_raw_fd() };
        let events = libc::POLLIN;
        let mut fds = [
            libc::pollfd {
                fd: 0,
                events,
                revents: 0,
            },
            libc::pollfd {
                fd: watched,
                events,
                revents: 0,
            },
        ];
        // SAFETY: the array has two elements, and the byte below has room.
        Errno::result(unsafe { libc::poll(fds.as_mut_ptr(), 2, -1) })?;
        if fds[1].revents != 0 {
            println!("a client is waiting");
            announced = true;
        }
        if fds[0].revents == 0 {
            continue;
        }
        let mut byte = 0_u8;
        let into = (&raw mut byte).cast();
        // SAFETY: as above.
        if Errno::result(unsafe { libc::read(0, into, 1) })? == 0 {
            return Ok(());
        }
        if byte == b'\n' {
            match listener.accept() {
                Ok((mut client, address)) => {
                    // What the client thinks of it is not our business.
                    let _ = client.write_all(b"come in\n");
                    let _ = client.shutdown(Shutdown::Both);
                    println!("let in {address}");
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    println!("nobody is waiting");
                }
                Err(error) => return Err(error.into()),
            }
            announced = false;
        }
    }
}
