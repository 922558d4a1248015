//! Right: both clients stay in one list until the talk is over.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
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
    let mut clients: Vec<TcpStream> = Vec::new();
    for role in ["watcher", "talker"] {
        let (client, address) = listener.accept()?;
        println!("{role}: {address}");
        clients.push(client);
    }
    let mut byte = [0];
    while clients[1].read(&mut byte)? == 1 {
        clients[1].write_all(&byte)?;
    }
    Ok(())
}
