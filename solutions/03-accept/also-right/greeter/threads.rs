//! Right: a thread for each client; the number is given out before it starts.

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1.. {
        let mut client = match listener.accept() {
            Ok((client, _)) => client,
            Err(error) => {
                eprintln!("no more clients: {error}");
                return ExitCode::from(1);
            }
        };
        thread::spawn(move || {
            let greeting = format!("you are client {number}\n");
            let _ = client.write_all(greeting.as_bytes());
        });
    }
    ExitCode::SUCCESS
}
