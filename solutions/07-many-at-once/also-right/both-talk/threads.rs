//! Right: std only, a thread for each direction, and waiting calls.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("an address");
    match talk(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{address}: {error}");
            // Not by returning: the other thread may be asleep in read.
            std::process::exit(1)
        }
    }
}

fn talk(address: &str) -> io::Result<()> {
    let mut peer = TcpStream::connect(address)?;
    let to_peer = peer.try_clone()?;
    let input = thread::spawn(move || carry_input(to_peer));
    let mut buffer = [0; 4096];
    loop {
        match peer.read(&mut buffer)? {
            0 => break,
            count => {
                let mut out = io::stdout();
                out.write_all(&buffer[..count])?;
                out.flush()?;
            }
        }
    }
    input.join().expect("no panic")
}

fn carry_input(mut peer: TcpStream) -> io::Result<()> {
    let mut buffer = [0; 4096];
    loop {
        match io::stdin().read(&mut buffer)? {
            0 => return peer.shutdown(Shutdown::Write),
            count => peer.write_all(&buffer[..count])?,
        }
    }
}
