//! Wrong: prints the answer as a line of its own.
//! Fails: an_answer_in_pieces_is_printed_to_its_end, a_long_answer_is_printed_whole, every_byte_is_printed_as_it_came, an_empty_answer_is_no_failure
//! Told: expected: standard output is

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
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    answer.push(b'\n');
    io::stdout().write_all(&answer)
}
