//! Right: non-blocking sockets, `poll` with the time that is left, one byte in a call.

use std::env;
use std::net::SocketAddrV4;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, MsgFlags, Shutdown, SockFlag, SockType, SockaddrIn, connect,
    recv, send, setsockopt, shutdown, socket, sockopt,
};

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let [address, limit] = &args[..] else {
        return ExitCode::from(2);
    };
    let address = address.parse().expect("an address");
    let limit = Duration::from_millis(limit.parse().expect("a number"));
    if let Err(why) = client(address) {
        eprintln!("connect: {why}");
        return ExitCode::from(2);
    }
    match judge(address, limit) {
        Ok(()) => ExitCode::SUCCESS,
        Err((what, why)) => {
            println!("{what}: {why}");
            ExitCode::FAILURE
        }
    }
}

type Told<'a> = (&'a str, Errno);

fn judge(address: SocketAddrV4, limit: Duration) -> Result<(), Told<'static>> {
    let new = || client(address).map_err(|errno| ("connect", errno));
    let clients = [new()?, new()?, new()?, new()?, new()?];
    let [_silent, a, b, sync, leaving] = clients;
    let turn = |fd: &OwnedFd, said: &[u8], due: &[u8], what| {
        talk(fd, said, due, limit).map_err(|errno| (what, errno))
    };
    let ask = |what| turn(&sync, b"abc\n", b"cba\n", what);
    ask("beside a silent client")?;
    turn(&a, b"12\n\n3\0", b"21\n\n", "lines in a piece")?;
    ask("beside half a line")?;
    turn(&b, b"45", b"", "half a line")?;
    ask("beside two halves")?;
    turn(&a, b"6\n7", b"6\x003\n", "a line in pieces")?;
    turn(&b, b"8\n", b"854\n", "another line in pieces")?;
    reset(leaving).map_err(|errno| ("reset", errno))?;
    ask("after a reset")?;
    turn(&new()?, b"9!\n", b"!9\n", "a new client after a reset")?;
    turn(&a, b"x\ny\nz", b"", "unread")?;
    shutdown(a.as_raw_fd(), Shutdown::Write).map_err(|e| ("shutdown", e))?;
    turn(&a, b"", b"x7\ny\n", "answers after a half-close")?;
    match next(&a, Instant::now() + limit) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(("too much", Errno::EMSGSIZE)),
        Err(errno) => Err(("the end after a half-close", errno)),
    }
}

fn client(address: SocketAddrV4) -> nix::Result<OwnedFd> {
    let (family, kind) = (AddressFamily::Inet, SockType::Stream);
    let fd = socket(family, kind, SockFlag::empty(), None)?;
    connect(fd.as_raw_fd(), &SockaddrIn::from(address))?;
    fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
    Ok(fd)
}

/// Sends all at once and waits for what is due.
fn talk(
    fd: &OwnedFd,
    said: &[u8],
    due: &[u8],
    limit: Duration,
) -> nix::Result<()> {
    if !said.is_empty() {
        send(fd.as_raw_fd(), said, sys::MSG_NOSIGNAL)?;
    }
    let until = Instant::now() + limit;
    for byte in due {
        match next(fd, until)? {
            Some(heard) if heard == *byte => {}
            Some(_) => return Err(Errno::EBADMSG),
            None => return Err(Errno::EPIPE),
        }
    }
    Ok(())
}

fn next(fd: &OwnedFd, until: Instant) -> nix::Result<Option<u8>> {
    let mut byte = [0];
    loop {
        match recv(fd.as_raw_fd(), &mut byte, MsgFlags::empty()) {
            Ok(0) => return Ok(None),
            Ok(_) => return Ok(Some(byte[0])),
            Err(Errno::EAGAIN) => {}
            Err(errno) => return Err(errno),
        }
        let left = until.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, left)? == 0 {
            return Err(Errno::ETIMEDOUT);
        }
    }
}

fn reset(fd: OwnedFd) -> nix::Result<()> {
    let at_once = libc::linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&fd, sockopt::Linger, &at_once)
}
