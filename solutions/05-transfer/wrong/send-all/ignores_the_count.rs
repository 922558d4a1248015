//! Wrong: ignores the count of `send`: a blocking call takes all, it believes.
//! Fails: a_stop_in_the_middle_loses_nothing
//! Told: expected: the peer hears
//! Believes: send-takes-all-or-fails

use std::env;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;

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
    let address = env::args().nth(1).unwrap_or_default();
    let mut peer = TcpStream::connect(address)?;
    let mut buffer = vec![0; 65_536];
    let mut total = 0;
    loop {
        let count = io::stdin().read(&mut buffer)?;
        if count == 0 {
            break;
        }
        send(peer.as_raw_fd(), &buffer[..count], sys::MSG_NOSIGNAL)?;
        total += count;
    }
    peer.shutdown(Shutdown::Write)?;
    while peer.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
