//! Wrong: fills one buffer, and takes the 0 of a full one for the end.
//! Fails: a_long_answer_is_printed_whole
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
    let mut buffer = [0; 65536];
    let mut length = 0;
    loop {
        let count = connection.read(&mut buffer[length..])?;
        if count == 0 {
            return io::stdout().write_all(&buffer[..length]);
        }
        length += count;
    }
}
