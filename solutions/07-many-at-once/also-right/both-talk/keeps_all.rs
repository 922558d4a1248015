//! Right: `poll`, a non-blocking socket, and a buffer that takes all the
//! input there is, however slow the peer reads.

use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};

pub fn main() -> ExitCode {
    match talk() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("both-talk: {error}");
            ExitCode::FAILURE
        }
    }
}

fn talk() -> io::Result<()> {
    let address = std::env::args().nth(1).expect("an address");
    let peer = TcpStream::connect(address)?;
    peer.set_nonblocking(true)?;
    let input = io::stdin();
    let (mut kept, mut buffer) = (Vec::new(), vec![0; 16384]);
    let (mut input_open, mut peer_open, mut told) = (true, true, false);
    while peer_open || !told {
        if !input_open && kept.is_empty() && !told {
            peer.shutdown(std::net::Shutdown::Write)?;
            told = true;
            continue;
        }
        let mut events = PollFlags::empty();
        events.set(PollFlags::POLLIN, peer_open);
        events.set(PollFlags::POLLOUT, !kept.is_empty());
        let mut fds = vec![PollFd::new(peer.as_fd(), events)];
        if input_open {
            fds.push(PollFd::new(input.as_fd(), PollFlags::POLLIN));
        }
        poll(&mut fds, PollTimeout::NONE)?;
        // Without POLLIN asked for, POLLHUP alone is no reason to look.
        let peer_is = fds[0].revents().unwrap_or(PollFlags::empty());
        let input_is = fds.get(1).is_some_and(|fd| fd.any() == Some(true));
        let broken = PollFlags::POLLERR | PollFlags::POLLHUP;
        if peer_open && peer_is.intersects(PollFlags::POLLIN | broken) {
            match read(&peer, &mut buffer) {
                Ok(0) => peer_open = false,
                Ok(count) => io::stdout().write_all(&buffer[..count])?,
                Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(errno.into()),
            }
            io::stdout().flush()?;
        }
        if input_is {
            let count = read(&input, &mut buffer)?;
            input_open = count > 0;
            kept.extend_from_slice(&buffer[..count]);
        }
        if !kept.is_empty() {
            match write(&peer, &kept) {
                Ok(count) => drop(kept.drain(..count)),
                Err(Errno::EAGAIN) => {}
                Err(errno) => return Err(errno.into()),
            }
        }
    }
    Ok(())
}
