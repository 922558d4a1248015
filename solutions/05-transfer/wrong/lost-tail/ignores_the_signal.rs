//! Wrong: ignores the signal, so that no call is interrupted.
//! Fails: a_signal_is_answered_while_it_sends
//! Told: expected: the program prints the line

use std::env;
use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::AsRawFd;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::sys::socket::send;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    // SAFETY: no handler is set.
    unsafe { signal(Signal::SIGUSR1, SigHandler::SigIgn) }?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let address = env::args().nth(1).unwrap_or_default();
    let connection = TcpStream::connect(address)?;
    let fd = connection.as_raw_fd();
    send(fd, &bytes, sys::MSG_NOSIGNAL)?;
    drop(connection);
    println!("sent {} bytes", bytes.len());
    Ok(())
}
