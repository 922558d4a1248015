//! Right: std only, over `incoming`, each greeting in many small writes.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the server has to end: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut number = 0_u64;
    for client in listener.incoming() {
        match client {
            Ok(client) => {
                // Only those that could still be greeted are counted.
                if greet(client, number + 1).is_ok() {
                    number += 1;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn greet(mut client: TcpStream, number: u64) -> io::Result<()> {
    for byte in format!("you are client {number}\n").bytes() {
        client.write_all(&[byte])?;
    }
    Ok(())
}
