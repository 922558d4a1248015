//! Wrong: lets a refused connect end in a panic.
//! Fails: a_server_that_is_not_there_is_a_failure
//! Told: expected: the program ends with exit code 1

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let connection = TcpStream::connect(&args[0]).unwrap();
    match run(connection, &args[1]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut connection: TcpStream, word: &str) -> io::Result<()> {
    connection.write_all(format!("{word}\n").as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    io::stdout().write_all(&answer)
}
