//! Wrong: takes an empty input for nothing to do.
//! Fails: an_empty_input_is_sent_too
//! Told: the program connects to the server

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
    let mut input = Vec::new();
    if io::stdin().read_to_end(&mut input)? == 0 {
        return Ok(());
    }
    let mut server = TcpStream::connect(address)?;
    server.write_all(&input)?;
    server.shutdown(Shutdown::Write)?;
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
