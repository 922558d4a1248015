//! Wrong: takes a failed recv for the end of the reply.
//! Fails: a_reset_in_the_reply_is_a_failure
//! Told: exit code 0
//! Believes: sent-is-delivered

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
    // All is sent, so the server has it; what follows can't do harm.
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = server.read(&mut buffer) {
        io::stdout().write_all(&buffer[..count])?;
    }
    Ok(())
}
