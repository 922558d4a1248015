//! Wrong: prints the 0 of `read` as an empty message, and ends then.
//! Fails: a_message_in_many_pieces_is_one, several_messages_in_one_piece_are_several, what_follows_a_newline_begins_the_next_message, an_empty_message_is_a_message, the_last_message_needs_no_newline, bytes_that_are_no_text_come_through
//! Told: 0 bytes []
//! Believes: zero-is-an-empty-message

use std::io::{self, Read, Write};
use std::net::TcpListener;
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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (mut client, _) = listener.accept()?;
    let mut number = 0;
    let mut kept: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return tell(number + 1, &kept, "");
        }
        kept.extend_from_slice(&buffer[..count]);
        while let Some(at) = kept.iter().position(|byte| *byte == b'\n') {
            number += 1;
            tell(number, &kept[..at], "")?;
            kept.drain(..=at);
        }
    }
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
