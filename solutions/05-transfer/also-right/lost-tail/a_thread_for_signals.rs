//! Right: a thread of its own takes the signal, so nothing interrupts the one that sends.

use std::env;
use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::thread;

use nix::sys::signal::{SigSet, Signal};
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
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGUSR1);
    // Blocked before there is a second thread, which inherits that.
    signals.thread_block()?;
    thread::spawn(move || {
        while signals.wait().is_ok() {
            println!("still sending");
        }
    });
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let address = env::args().nth(1).unwrap_or_default();
    let connection = TcpStream::connect(address)?;
    let mut left = &bytes[..];
    while !left.is_empty() {
        let count = send(connection.as_raw_fd(), left, sys::MSG_NOSIGNAL)?;
        left = &left[count..];
    }
    drop(connection);
    println!("sent {} bytes", bytes.len());
    Ok(())
}
