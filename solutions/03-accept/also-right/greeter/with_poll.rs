//! Right: a listening socket that never blocks, waited for with poll.

use std::os::fd::{AsFd, AsRawFd};
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, Shutdown, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, shutdown, socket,
};
use nix::unistd::write;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(5)?)?;
    fcntl(&listener, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    println!("listening on {address}");
    let mut number = 0;
    loop {
        match sys::accept(&listener) {
            Ok((client, _)) => {
                number += 1;
                let greeting = format!("you are client {number}\n");
                // 25 bytes go into an empty send buffer, or none does.
                let _ = write(&client, greeting.as_bytes());
                let _ = shutdown(client.as_raw_fd(), Shutdown::Write);
            }
            Err(Errno::EAGAIN) => {
                let wanted = PollFd::new(listener.as_fd(), PollFlags::POLLIN);
                match poll(&mut [wanted], PollTimeout::NONE) {
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(errno) => return Err(errno).context("poll"),
                }
            }
            Err(Errno::EINTR | Errno::ECONNABORTED) => {}
            Err(errno) => return Err(errno).context("accept"),
        }
    }
}
