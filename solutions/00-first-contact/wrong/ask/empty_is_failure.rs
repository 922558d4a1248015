//! Wrong: takes an end of stream without a byte before it for a failure.
//! Fails: an_empty_answer_is_no_failure
//! Told: expected: the program ends with exit code 0

use std::env;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;

use anyhow::{Result, ensure};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut connection = TcpStream::connect(&args[0])?;
    connection.write_all(format!("{}\n", args[1]).as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    ensure!(!answer.is_empty(), "the server has not answered");
    std::io::stdout().write_all(&answer)?;
    Ok(())
}
