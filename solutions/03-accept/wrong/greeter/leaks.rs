//! Wrong: nobody closes the bare number that accept returned.
//! Fails: the_first_client_is_greeted_and_let_go, the_server_goes_on_for_ever
//! Told: client A

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{accept, send};

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1.. {
        let client = match accept(listener.as_raw_fd()) {
            Ok(client) => client,
            Err(errno) => {
                eprintln!("accept: {errno:?}");
                return ExitCode::FAILURE;
            }
        };
        let greeting = format!("you are client {number}\n");
        let _ = send(client, greeting.as_bytes(), sys::MSG_NOSIGNAL);
    }
    ExitCode::SUCCESS
}
