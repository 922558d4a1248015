//! Wrong: writes a line that had its newline already, so two go out.
//! Fails: the_server_hears_the_word_and_a_newline
//! Told: expected: the server hears the end of the stream

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
    let line = format!("{}\n", args[1]);
    writeln!(connection, "{line}")?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)
}
