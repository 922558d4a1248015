//! Right: waits in poll, and reads standard input byte by byte.

use std::env;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::process::ExitCode;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrIn, bind, getsockname,
    listen, setsockopt, socket, sockopt,
};
use nix::unistd::read;

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
    let args: Vec<String> = env::args().skip(1).collect();
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    setsockopt(&listener, sockopt::ReuseAddr, &true)?;
    let address = SockaddrIn::new(127, 0, 0, 1, args[0].parse()?);
    bind(listener.as_raw_fd(), &address)?;
    // Short at first, and then as long as asked for.
    listen(&listener, Backlog::new(0)?)?;
    listen(&listener, Backlog::new(args[1].parse::<i32>()?)?)?;
    let address: SockaddrIn = getsockname(listener.as_raw_fd())?;
    write!(io::stdout(), "listening on {}:", address.ip())?;
    writeln!(io::stdout(), "{}", address.port())?;
    let input = io::stdin();
    let mut byte = [0];
    loop {
        wait_for(input.as_fd())?;
        match read(&input, &mut byte)? {
            0 => return Ok(()),
            _ if byte == *b"\n" => drop(next(&listener)?),
            _ => {}
        }
    }
}

fn next(listener: &OwnedFd) -> Result<OwnedFd> {
    wait_for(listener.as_fd())?;
    Ok(sys::accept(listener)?.0)
}

fn wait_for(what: BorrowedFd<'_>) -> Result<()> {
    let mut fds = [PollFd::new(what, PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::NONE)?;
    Ok(())
}
