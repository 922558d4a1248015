//! Wrong: takes what one recv returns for the whole answer.
//! Fails: an_answer_in_pieces_is_printed_to_its_end, a_long_answer_is_printed_whole, a_reset_is_not_the_end_of_the_answer
//! Told: only the end of the stream ends it
//! Believes: one-send-is-one-recv

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
    let mut buffer = [0; 65536];
    let count = connection.read(&mut buffer)?;
    io::stdout().write_all(&buffer[..count])
}
