//! Right: reads one byte by each call, and sends length and payload by two.

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
        let mut length = 0_u32;
        for at in 0..4 {
            match next(&mut client)? {
                Some(byte) => length = length << 8 | u32::from(byte),
                None if at == 0 => return Ok(()),
                None => return Err(io::Error::other("half a length")),
            }
        }
        if length > 65_536 {
            return Err(io::Error::other("refused"));
        }
        let mut payload = Vec::new();
        for _ in 0..length {
            let byte = next(&mut client)?;
            payload.push(byte.ok_or(io::Error::other("half a payload"))?);
        }
        let header = length.to_be_bytes();
        payload.reverse();
        client.write_all(&header)?;
        client.write_all(&payload)?;
    }
}

fn next(client: &mut TcpStream) -> io::Result<Option<u8>> {
    let mut byte = [0];
    Ok((client.read(&mut byte)? > 0).then_some(byte[0]))
}
