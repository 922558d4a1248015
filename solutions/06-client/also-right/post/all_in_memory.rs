//! Right: reads all of the input before it connects, all of the reply before
//! it prints.

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
    io::stdin().read_to_end(&mut input)?;
    let mut server = TcpStream::connect(address)?;
    server.write_all(&input)?;
    server.shutdown(Shutdown::Write)?;
    let mut reply = Vec::new();
    server.read_to_end(&mut reply)?;
    io::stdout().write_all(&reply)
}
