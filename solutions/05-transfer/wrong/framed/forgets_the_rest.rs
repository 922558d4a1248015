//! Wrong: collects until a frame is complete, then empties its store.
//! Fails: several_frames_in_one_piece_are_several
//! Told: expected: client A hears

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
    let mut store = Vec::new();
    let mut buffer = vec![0; 100_000];
    loop {
        if let Some((header, rest)) = store.split_first_chunk() {
            let length = u32::from_be_bytes(*header) as usize;
            if length > 65_536 {
                return Err(io::Error::other("too long"));
            }
            if rest.len() >= length {
                store[4..4 + length].reverse();
                client.write_all(&store[..4 + length])?;
                store.clear();
            }
        }
        match client.read(&mut buffer)? {
            0 if store.is_empty() => return Ok(()),
            0 => return Err(io::Error::other("half a frame")),
            count => store.extend_from_slice(&buffer[..count]),
        }
    }
}
