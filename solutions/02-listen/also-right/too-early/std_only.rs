//! Right: std's listener, which listens before anybody can ask for its address.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
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
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("listening on {}", listener.local_addr()?);
    let mut word = String::new();
    io::stdin().read_line(&mut word)?;
    let (mut client, _) = listener.accept()?;
    client.write_all(word.as_bytes())
}
