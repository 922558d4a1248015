//! Wrong: asks again and again whether something has come.
//! Fails: it_sleeps_while_the_server_thinks
//! Told: uses the processor
//! Believes: waiting-is-polling

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut connection = TcpStream::connect(&args[0])?;
    connection.write_all(format!("{}\n", args[1]).as_bytes())?;
    // No call may wait, so that the program is awake when bytes come.
    connection.set_nonblocking(true)?;
    let mut piece = [0; 1024];
    loop {
        match connection.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(count) => io::stdout().write_all(&piece[..count])?,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}
