//! Wrong: takes a failed `recv` for the end of the stream.
//! Fails: the_report_waits_for_the_peers_end
//! Told: expected: the program ends with exit code 1

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
    let mut buffer = vec![0; 65_536];
    let mut total = 0;
    loop {
        let count = io::stdin().read(&mut buffer)?;
        if count == 0 {
            break;
        }
        peer.write_all(&buffer[..count])?;
        total += count;
    }
    peer.shutdown(Shutdown::Write)?;
    while let Ok(1..) = peer.read(&mut buffer) {}
    println!("sent {total} bytes");
    Ok(())
}
