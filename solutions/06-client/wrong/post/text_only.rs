//! Wrong: reads the input into a String, which holds nothing but UTF-8.
//! Fails: bytes_that_are_no_text_pass_both_ways
//! Told: UTF-8

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
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let mut server = TcpStream::connect(address)?;
    server.write_all(input.as_bytes())?;
    server.shutdown(Shutdown::Write)?;
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
