//! Wrong: begins at the front of the buffer again for each piece of a payload.
//! Fails: a_payload_comes_whole_up_to_65536_bytes
//! Told: expected: client A hears

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
        match fill(&mut client, &mut header)? {
            0 => return Ok(()),
            4 => {}
            _ => return Err(io::Error::other("half a length")),
        }
        let length = u32::from_be_bytes(header);
        if length > 65_536 {
            return Err(io::Error::other("too long"));
        }
        let mut payload = vec![0; length as usize];
        let mut count = 0;
        while count < payload.len() {
            match client.read(&mut payload)? {
                0 => return Err(io::Error::other("half a payload")),
                more => count += more,
            }
        }
        answer(&mut client, payload)?;
    }
}

fn fill(client: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut count = 0;
    while count < buffer.len() {
        match client.read(&mut buffer[count..])? {
            0 => break,
            more => count += more,
        }
    }
    Ok(count)
}

fn answer(client: &mut TcpStream, mut payload: Vec<u8>) -> io::Result<()> {
    payload.reverse();
    let length = payload.len() as u32;
    client.write_all(&[&length.to_be_bytes(), &payload[..]].concat())
}
