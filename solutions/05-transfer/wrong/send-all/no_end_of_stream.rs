//! Wrong: waits for the end of the peer, and never ends its own stream.
//! Fails: any_bytes_arrive_and_are_counted, megabytes_reach_a_slow_reader, what_comes_in_bits_goes_out_in_bits, a_stop_in_the_middle_loses_nothing, the_report_waits_for_the_peers_end
//! Told: expected: the peer hears the end of the stream

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
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
    while peer.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
