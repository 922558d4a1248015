//! Wrong: takes an end in the middle of a frame for the end between two.
//! Fails: an_end_inside_a_frame_is_a_failure
//! Told: exit code 1

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
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
    loop {
        let mut header = [0; 4];
        if client.read_exact(&mut header).is_err() {
            return Ok(());
        }
        let length = u32::from_be_bytes(header);
        if length > 65_536 {
            return Err(io::Error::other("too long"));
        }
        let mut payload = vec![0; length as usize];
        if client.read_exact(&mut payload).is_err() {
            return Ok(());
        }
        answer(&mut client, payload)?;
    }
}

fn answer(client: &mut TcpStream, mut payload: Vec<u8>) -> io::Result<()> {
    payload.reverse();
    let length = payload.len() as u32;
    client.write_all(&[&length.to_be_bytes(), &payload[..]].concat())
}
