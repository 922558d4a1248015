//! Wrong: takes a recv of 0 for an empty piece, and calls it again.
//! Fails: the_server_hears_the_word_and_a_newline, an_answer_in_pieces_is_printed_to_its_end, a_long_answer_is_printed_whole, every_byte_is_printed_as_it_came, an_empty_answer_is_no_failure, it_sleeps_while_the_server_thinks
//! Told: expected: the program ends with exit code 0
//! Believes: zero-is-an-empty-message

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

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
    loop {
        let count = connection.read(&mut piece)?;
        if count == 0 {
            // An empty piece: the next one will come.
            thread::sleep(Duration::from_millis(10));
            continue;
        }
        io::stdout().write_all(&piece[..count])?;
        io::stdout().flush()?;
    }
}
