//! Wrong: reads standard input up to its end before it sends.
//! Fails: what_comes_in_bits_goes_out_in_bits
//! Told: which is standard input

use std::env;
use std::io::{self, Read, Write};
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
    let mut input = Vec::new();
    let total = io::stdin().read_to_end(&mut input)?;
    peer.write_all(&input)?;
    peer.shutdown(Shutdown::Write)?;
    while peer.read(&mut [0; 64])? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
