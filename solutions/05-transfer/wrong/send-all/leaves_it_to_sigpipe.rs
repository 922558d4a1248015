//! Wrong: ignores what `write_all` says: SIGPIPE would end the program, it believes.
//! Fails: a_reset_in_the_middle_is_a_failure
//! Told: exit code 1
//! Believes: sigpipe-kills-a-rust-program

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
        let _ = peer.write_all(&buffer[..count]);
        total += count;
    }
    let _ = peer.shutdown(Shutdown::Write);
    while peer.read(&mut buffer)? > 0 {}
    println!("sent {total} bytes");
    Ok(())
}
