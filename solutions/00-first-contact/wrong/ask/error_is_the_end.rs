//! Wrong: reads while recv succeeds, so a failure ends the answer as well.
//! Fails: a_reset_is_not_the_end_of_the_answer
//! Told: expected: the program ends with exit code 1

use std::env;
use std::io::{self, Read, Write};
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
    let mut piece = [0; 1024];
    while let Ok(count @ 1..) = connection.read(&mut piece) {
        io::stdout().write_all(&piece[..count])?;
    }
    Ok(())
}
