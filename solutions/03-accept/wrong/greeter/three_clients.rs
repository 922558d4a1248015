//! Wrong: takes three clients and ends, as the program accept does.
//! Fails: the_server_goes_on_for_ever
//! Told: client 4

use std::io::Write;
use std::net::TcpListener;
use std::process::ExitCode;

const CLIENTS: usize = 3;

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1..=CLIENTS {
        match listener.accept() {
            Ok((mut client, _)) => {
                let greeting = format!("you are client {number}\n");
                let _ = client.write_all(greeting.as_bytes());
            }
            Err(error) => {
                eprintln!("accept: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
