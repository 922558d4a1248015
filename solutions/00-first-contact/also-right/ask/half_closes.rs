//! Right: says by a half-close that the word is all, and waits in poll.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("it failed: {error}");
            ExitCode::from(1)
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut connection = TcpStream::connect(&args[0])?;
    connection.write_all(format!("{}\n", args[1]).as_bytes())?;
    connection.shutdown(Shutdown::Write)?;
    connection.set_nonblocking(true)?;
    let mut piece = [0; 100];
    loop {
        let mut wait = [PollFd::new(connection.as_fd(), PollFlags::POLLIN)];
        poll(&mut wait, PollTimeout::NONE)?;
        match connection.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => io::stdout().write_all(&piece[..count])?,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}
