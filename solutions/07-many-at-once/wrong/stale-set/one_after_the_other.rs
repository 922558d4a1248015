//! Wrong: copies one server to its end, and then the next.
//! Fails: a_server_that_was_quiet_is_heard_when_it_speaks
//! Told: the program prints the line

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use anyhow::Result;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut servers = Vec::new();
    for address in env::args().skip(1) {
        servers.push(TcpStream::connect(address)?);
    }
    for server in servers {
        while copy_some(&server)? > 0 {}
    }
    Ok(())
}

fn copy_some(mut server: &TcpStream) -> Result<usize> {
    let mut buffer = [0; 4096];
    let count = server.read(&mut buffer)?;
    io::stdout().write_all(&buffer[..count])?;
    io::stdout().flush()?;
    Ok(count)
}
