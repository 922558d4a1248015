//! Right: one loop around poll, which sends and reads as it comes.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an address");
    match post(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn post(address: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    server.set_nonblocking(true)?;
    let mut unsent = Vec::new();
    io::stdin().read_to_end(&mut unsent)?;
    let mut half_closed = false;
    let mut buffer = [0; 4096];
    loop {
        if unsent.is_empty() && !half_closed {
            server.shutdown(Shutdown::Write)?;
            half_closed = true;
        }
        let mut events = PollFlags::POLLIN;
        events.set(PollFlags::POLLOUT, !half_closed);
        poll(
            &mut [PollFd::new(server.as_fd(), events)],
            PollTimeout::NONE,
        )?;
        if !half_closed {
            match server.write(&unsent) {
                Ok(count) => drop(unsent.drain(..count)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        match server.read(&mut buffer) {
            Ok(0) if !half_closed => {
                return Err(io::Error::other("the server left early"));
            }
            Ok(0) => return Ok(()),
            Ok(count) => io::stdout().write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
