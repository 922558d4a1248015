//! Wrong: one read of standard input, with a buffer that seems large enough.
//! Fails: a_large_input_arrives_whole
//! Told: the server hears

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
    let mut buffer = vec![0; 65536];
    let count = io::stdin().read(&mut buffer)?;
    server.write_all(&buffer[..count])?;
    server.shutdown(Shutdown::Write)?;
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
