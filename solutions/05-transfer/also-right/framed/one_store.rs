//! Right: takes whatever comes into one store and cuts frames off its front.

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
        while let Some((header, rest)) = store.split_first_chunk() {
            let length = u32::from_be_bytes(*header) as usize;
            if length > 65_536 {
                return Err(io::Error::other("the length is over the limit"));
            }
            if rest.len() < length {
                break;
            }
            let mut frame: Vec<u8> = store.drain(..4 + length).collect();
            frame[4..].reverse();
            client.write_all(&frame)?;
        }
        match client.read(&mut buffer)? {
            0 if store.is_empty() => return Ok(()),
            0 => return Err(io::Error::other("the end is inside a frame")),
            count => store.extend_from_slice(&buffer[..count]),
        }
    }
}
