//! Wrong: shuts the connection down, and never closes the descriptor.
//! Fails: the_server_goes_on_for_ever
//! Told: EMFILE
//! Believes: close-and-shutdown-are-the-same

use std::net::TcpListener;
use std::os::fd::IntoRawFd;
use std::process::ExitCode;

use nix::sys::socket::{Shutdown, send, shutdown};

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    let mut number = 0;
    loop {
        let client = match sys::accept(&listener) {
            Ok((client, _)) => client.into_raw_fd(),
            Err(errno) => {
                eprintln!("accept: {errno:?}");
                return ExitCode::FAILURE;
            }
        };
        number += 1;
        let greeting = format!("you are client {number}\n");
        let _ = send(client, greeting.as_bytes(), sys::MSG_NOSIGNAL);
        let _ = shutdown(client, Shutdown::Both);
    }
}
