//! Right: a send for each byte, a recv for each byte.

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
    for byte in io::stdin().lock().bytes() {
        server.write_all(&[byte?])?;
    }
    server.shutdown(Shutdown::Write)?;
    let mut byte = [0];
    let mut out = io::stdout();
    while server.read(&mut byte)? == 1 {
        out.write_all(&byte)?;
    }
    out.flush()
}
