//! Wrong: says what went wrong, and ends with exit code 0.
//! Fails: a_reset_in_the_middle_is_a_failure, the_report_waits_for_the_peers_end
//! Told: exit code 1

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    if let Err(error) = run() {
        eprintln!("{error}");
    }
    ExitCode::SUCCESS
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
    while peer.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
