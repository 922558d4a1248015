//! Wrong: takes an end of stream without a byte before it for a failure.
//! Fails: an_empty_reply_is_no_failure
//! Told: exit code 1; on standard error: the server has closed

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
    if server.read_to_end(&mut reply)? == 0 {
        return Err(io::Error::other("the server has closed the connection"));
    }
    io::stdout().write_all(&reply)
}
