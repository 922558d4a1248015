//! Right: non-blocking, and `poll` says whether to send or to read next.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("ADDRESS:PORT");
    let mut connection = TcpStream::connect(address).expect("connect");
    let mut count = 0;
    let (text, code) = match talk(&mut connection, &mut count) {
        Ok(()) => ("end of stream", 0),
        Err(error) => match error.kind() {
            ErrorKind::BrokenPipe
            | ErrorKind::ConnectionReset
            | ErrorKind::NotConnected => ("reset", 3),
            _ => panic!("{error}"),
        },
    };
    println!("{text} after {count} bytes");
    ExitCode::from(code)
}

fn talk(connection: &mut TcpStream, count: &mut usize) -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    connection.set_nonblocking(true)?;
    let (mut at, mut open) = (0, true);
    let mut buffer = [0; 70_000];
    let mut ended = false;
    while open || !ended {
        if open && at == input.len() {
            connection.shutdown(Shutdown::Write)?;
            open = false;
        }
        let mut wanted = PollFlags::empty();
        wanted.set(PollFlags::POLLOUT, open);
        wanted.set(PollFlags::POLLIN, !ended);
        let mut looks = [PollFd::new(connection.as_fd(), wanted)];
        poll(&mut looks, PollTimeout::NONE)?;
        if open {
            match connection.write(&input[at..]) {
                Ok(sent) => at += sent,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        match connection.read(&mut buffer) {
            Ok(0) => ended = true,
            Ok(came) => *count += came,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
