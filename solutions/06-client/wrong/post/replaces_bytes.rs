//! Wrong: makes text of the reply, and replaces what is no text.
//! Fails: bytes_that_are_no_text_pass_both_ways
//! Told: they part at byte

use std::env;
use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an address");
    match post(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn post(address: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    io::copy(&mut io::stdin(), &mut server)?;
    server.shutdown(Shutdown::Write)?;
    let mut reply = Vec::new();
    server.read_to_end(&mut reply)?;
    print!("{}", String::from_utf8_lossy(&reply));
    Ok(())
}
