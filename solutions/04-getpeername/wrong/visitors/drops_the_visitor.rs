//! Wrong: takes the address from accept and lets the connection go.
//! Fails: visitors_are_welcomed_one_after_another, a_visitor_that_resets_in_the_queue_harms_nobody
//! Told: welcome
//! Believes: drop-only-frees-memory

use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{
    AddressFamily, Backlog, MsgFlags, SockFlag, SockType, SockaddrIn, bind,
    getsockname, listen, recv, send, socket,
};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(errno) => {
            eprintln!("{errno}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> nix::Result<()> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let listener = socket(family, kind, SockFlag::empty(), None)?;
    bind(listener.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0))?;
    listen(&listener, Backlog::new(16)?)?;
    let own: SockaddrIn = getsockname(listener.as_raw_fd())?;
    let _ = writeln!(io::stdout(), "listening on {own}");
    loop {
        let (fd, who) = {
            let (visitor, who) = sys::accept(&listener)?;
            (visitor.as_raw_fd(), who)
        };
        let _ = writeln!(io::stdout(), "visitor {who}");
        let _ = send(fd, b"welcome\n", sys::MSG_NOSIGNAL);
        while let Ok(1..) = recv(fd, &mut [0; 64], MsgFlags::empty()) {}
    }
}
