//! Right: one thread reads from the peer all the time while another one sends.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;

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
    thread::scope(|scope| {
        let hearing = scope.spawn(|| (&peer).read_to_end(&mut Vec::new()));
        let total = send_input(&peer)?;
        hearing.join().unwrap()?;
        println!("sent {total} bytes");
        Ok(())
    })
}

fn send_input(mut peer: &TcpStream) -> io::Result<usize> {
    let mut input = io::stdin().lock();
    let mut buffer = [0; 3000];
    let mut total = 0;
    loop {
        match input.read(&mut buffer)? {
            0 => break,
            count => {
                peer.write_all(&buffer[..count])?;
                total += count;
            }
        }
    }
    peer.shutdown(Shutdown::Write)?;
    Ok(total)
}
