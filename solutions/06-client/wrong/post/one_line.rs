//! Wrong: takes the first line of standard input for all of it.
//! Fails: the_reply_to_several_lines_is_printed
//! Told: the server hears

use std::env;
use std::io::{self, BufRead, Write};
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
    let mut line = Vec::new();
    io::stdin().lock().read_until(b'\n', &mut line)?;
    server.write_all(&line)?;
    server.shutdown(Shutdown::Write)?;
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
