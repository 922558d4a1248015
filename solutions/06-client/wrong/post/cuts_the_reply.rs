//! Wrong: reads until the end or until its buffer is full.
//! Fails: a_large_reply_is_printed_whole
//! Told: bytes are missing

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
    let mut reply = Vec::new();
    server.take(65536).read_to_end(&mut reply)?;
    io::stdout().write_all(&reply)
}
