//! Right: takes the client in a thread, whether or not the word is there.

use std::io::{self, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::thread;

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
    let address = listener.local_addr()?;
    let taken = thread::spawn(move || listener.accept());
    println!("listening on {address}");
    let mut word = String::new();
    io::stdin().read_line(&mut word)?;
    let (mut client, _) = taken.join().expect("it does not panic")?;
    client.write_all(word.as_bytes())
}
