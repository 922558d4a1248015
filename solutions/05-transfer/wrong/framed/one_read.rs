//! Wrong: takes what one `read` returns for one frame.
//! Fails: a_length_may_come_byte_by_byte, a_payload_comes_whole_up_to_65536_bytes, several_frames_in_one_piece_are_several
//! Told: now comes a length, byte by byte
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
    let mut buffer = vec![0; 65_540];
    loop {
        let count = client.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        let Some((header, payload)) = buffer[..count].split_first_chunk()
        else {
            return Err(io::Error::other("no length"));
        };
        let length = u32::from_be_bytes(*header) as usize;
        if length > 65_536 || payload.len() < length {
            return Err(io::Error::other("no frame"));
        }
        let mut frame = buffer[..4 + length].to_vec();
        frame[4..].reverse();
        client.write_all(&frame)?;
    }
}
