//! Wrong: looks at no result of send and shutdown; the reply will show.
//! Fails: a_reset_in_the_input_is_a_failure
//! Told: exit code 0

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
    let _ = server.write_all(&input);
    let _ = server.shutdown(Shutdown::Write);
    io::copy(&mut server, &mut io::stdout())?;
    Ok(())
}
