//! Right: `read` and `write` alone, with a buffer of 512 bytes, as for any file.

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
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
    let peer = TcpStream::connect(address)?;
    let mut file = File::from(OwnedFd::from(peer.try_clone()?));
    let mut input =
        File::from(io::stdin().lock().as_fd().try_clone_to_owned()?);
    let mut buffer = [0; 512];
    let mut total = 0_u64;
    loop {
        let count = input.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        file.write_all(&buffer[..count])?;
        total += count as u64;
    }
    peer.shutdown(Shutdown::Write)?;
    while file.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
