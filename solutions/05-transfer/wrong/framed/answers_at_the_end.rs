//! Wrong: keeps the answers until the client has ended its stream.
//! Fails: a_frame_is_answered_before_the_next_one_comes
//! Told: in recv

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
    let mut answers = Vec::new();
    loop {
        let mut header = [0; 4];
        match fill(&mut client, &mut header)? {
            0 => {
                for payload in answers {
                    answer(&mut client, payload)?;
                }
                return Ok(());
            }
            4 => {}
            _ => return Err(io::Error::other("half a length")),
        }
        let length = u32::from_be_bytes(header);
        if length > 65_536 {
            return Err(io::Error::other("too long"));
        }
        let mut payload = vec![0; length as usize];
        if fill(&mut client, &mut payload)? < payload.len() {
            return Err(io::Error::other("half a payload"));
        }
        answers.push(payload);
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
