//! Wrong: asks every half millisecond whether there is room now.
//! Fails: a_stop_in_the_middle_loses_nothing
//! Told: uses the processor
//! Believes: waiting-is-polling

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

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
        peer.set_nonblocking(true)?;
        let mut sent = 0;
        while sent < count {
            match peer.write(&buffer[sent..count]) {
                Ok(more) => sent += more,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    sleep(Duration::from_micros(500));
                }
                Err(error) => return Err(error),
            }
        }
        peer.set_nonblocking(false)?;
        total += count;
    }
    peer.shutdown(Shutdown::Write)?;
    while peer.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
