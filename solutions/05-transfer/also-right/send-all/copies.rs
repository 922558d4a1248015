//! Right: std's `copy` for both directions, which on Linux hands pages from the pipe to the socket.

use std::env;
use std::io::{self, copy, sink};
use std::net::{Shutdown, TcpStream};
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
    let total = copy(&mut io::stdin().lock(), &mut peer)?;
    peer.shutdown(Shutdown::Write)?;
    copy(&mut peer, &mut sink())?;
    println!("sent {total} bytes");
    Ok(())
}
