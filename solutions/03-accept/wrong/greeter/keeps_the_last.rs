//! Wrong: a variable outside the loop keeps a client until the next one comes.
//! Fails: the_first_client_is_greeted_and_let_go
//! Told: client A
//! Believes: drop-only-frees-memory

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    let mut client: Option<TcpStream> = None;
    for number in 1.. {
        match listener.accept() {
            Ok((taken, _)) => {
                let taken = client.insert(taken);
                let greeting = format!("you are client {number}\n");
                let _ = taken.write_all(greeting.as_bytes());
            }
            Err(error) => {
                eprintln!("accept: {error}");
                break;
            }
        }
    }
    drop(client);
    ExitCode::FAILURE
}
