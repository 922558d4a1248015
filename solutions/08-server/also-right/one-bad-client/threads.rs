//! Right: std only, a thread for each client, and a `write` that may not wait.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    println!(
        "listening on {}",
        listener.local_addr().expect("an address")
    );
    for client in listener.incoming().flatten() {
        thread::spawn(move || say_back(client));
    }
    ExitCode::SUCCESS
}

/// Until the client leaves, fails, or does not read for a moment.
fn say_back(mut client: TcpStream) {
    let mut buffer = [0; 2048];
    let limit = Some(Duration::from_millis(50));
    if client.set_write_timeout(limit).is_err() {
        return;
    }
    while let Ok(count @ 1..) = client.read(&mut buffer) {
        if client.write_all(&buffer[..count]).is_err() {
            return;
        }
    }
}
