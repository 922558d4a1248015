//! Wrong: takes what one recv returns for the whole reply.
//! Fails: a_large_reply_is_printed_whole, a_reset_in_the_reply_is_a_failure
//! Told: bytes are missing
//! Believes: one-send-is-one-recv

use std::env;
use std::io::{self, Read, Write};
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
    let mut reply = vec![0; 1 << 20];
    let count = server.read(&mut reply)?;
    io::stdout().write_all(&reply[..count])
}
