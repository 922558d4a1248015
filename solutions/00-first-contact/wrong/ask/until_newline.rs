//! Wrong: takes a newline for the end, as the chapter's client does.
//! Fails: an_answer_in_pieces_is_printed_to_its_end
//! Told: only the end of the stream ends it

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
    loop {
        let mut piece = [0; 64];
        let count = connection.read(&mut piece)?;
        answer.extend_from_slice(&piece[..count]);
        if count == 0 || answer.ends_with(b"\n") {
            return io::stdout().write_all(&answer);
        }
    }
}
