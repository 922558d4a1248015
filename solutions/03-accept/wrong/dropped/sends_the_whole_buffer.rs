//! Wrong: keeps the watcher, and sends the talker all 512 bytes of the buffer.
//! Fails: the_talker_gets_its_bytes_back
//! Told: the talker
//! Believes: recv-fills-the-buffer

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (_watcher, address) = listener.accept()?;
    println!("watcher: {address}");
    let (mut talker, address) = listener.accept()?;
    println!("talker: {address}");
    let mut buffer = [0; 512];
    while talker.read(&mut buffer)? > 0 {
        talker.write_all(&buffer)?;
    }
    Ok(())
}
