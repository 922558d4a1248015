//! Wrong: reads what the client says before it greets, as the program accept.
//! Fails: the_first_client_is_greeted_and_let_go, clients_are_greeted_in_the_order_in_which_they_came, a_client_that_resets_harms_nobody, the_server_goes_on_for_ever
//! Told: in recv

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use nix::sys::socket::{MsgFlags, recv, send};

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    println!("listening on {}", listener.local_addr().expect("bound"));
    for number in 1.. {
        let client = match sys::accept(&listener) {
            Ok((client, _)) => client,
            Err(errno) => {
                eprintln!("accept: {errno}");
                break;
            }
        };
        let _ = recv(client.as_raw_fd(), &mut [0; 64], MsgFlags::empty());
        let greeting = format!("you are client {number}\n");
        let greeting = greeting.as_bytes();
        let _ = send(client.as_raw_fd(), greeting, sys::MSG_NOSIGNAL);
    }
    ExitCode::FAILURE
}
