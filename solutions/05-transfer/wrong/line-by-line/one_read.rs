//! Wrong: takes what one `read` returns for one message.
//! Fails: a_message_in_many_pieces_is_one, several_messages_in_one_piece_are_several, what_follows_a_newline_begins_the_next_message, the_last_message_needs_no_newline, a_reset_is_no_end_of_the_stream
//! Told: expected: standard output is
//! Believes: one-send-is-one-recv

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
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        number += 1;
        let message = &buffer[..count];
        tell(number, message.strip_suffix(b"\n").unwrap_or(message), "")?;
    }
}

fn tell(number: u64, message: &[u8], end: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write!(out, "{number}: {} bytes [", message.len())?;
    out.write_all(message)?;
    writeln!(out, "]{end}")
}
