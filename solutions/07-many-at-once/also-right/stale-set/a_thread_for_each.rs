//! Right: a thread for each server.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;

use anyhow::{Result, anyhow};

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
    let mut threads = Vec::new();
    for address in env::args().skip(1) {
        let server = TcpStream::connect(address)?;
        threads.push(thread::spawn(move || -> Result<()> {
            while copy_some(&server)? > 0 {}
            Ok(())
        }));
    }
    for thread in threads {
        thread.join().map_err(|_| anyhow!("a thread panicked"))??;
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
