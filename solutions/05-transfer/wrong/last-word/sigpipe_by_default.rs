//! Wrong: gives SIGPIPE back its default, as a program in C has it.
//! Fails: a_peer_that_closed_before_it_was_sent_to_is_told
//! Told: SIGPIPE

use std::io::{self, ErrorKind, Read};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::write;

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("an argument, ADDRESS:PORT");
    let mut connection = TcpStream::connect(address).expect("connect");
    // SAFETY: there is no handler.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigDfl) }.expect("signal");
    let mut count = 0;
    match talk(&mut connection, &mut count) {
        Ok(()) => {
            println!("end of stream after {count} bytes");
            ExitCode::SUCCESS
        }
        Err(error) if is_reset(&error) => {
            println!("reset after {count} bytes");
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn talk(connection: &mut TcpStream, count: &mut usize) -> io::Result<()> {
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    let mut rest = &input[..];
    while !rest.is_empty() {
        rest = &rest[write(connection.as_fd(), rest)?..];
    }
    connection.shutdown(Shutdown::Write)?;
    let mut buffer = [0; 4096];
    loop {
        match connection.read(&mut buffer)? {
            0 => return Ok(()),
            came => *count += came,
        }
    }
}

fn is_reset(error: &io::Error) -> bool {
    use ErrorKind::{BrokenPipe, ConnectionReset, NotConnected};
    matches!(error.kind(), BrokenPipe | ConnectionReset | NotConnected)
}
