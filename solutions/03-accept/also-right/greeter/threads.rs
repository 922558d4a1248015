//! Right: a thread for each client; the number is given out before it starts.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    let mut number = 0;
    loop {
        let mut client = match listener.accept() {
            Ok((client, _)) => client,
            Err(error) if error.kind() == ErrorKind::ConnectionAborted => {
                continue;
            }
            Err(error) => {
                eprintln!("no more clients: {error}");
                return ExitCode::from(1);
            }
        };
        number += 1;
        thread::spawn(move || {
            let greeting = format!("you are client {number}\n");
            let _ = client.write_all(greeting.as_bytes());
        });
    }
}
