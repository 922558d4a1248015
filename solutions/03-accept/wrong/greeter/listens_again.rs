//! Wrong: makes a new listening socket for each client, and loses the queue.
//! Fails: clients_are_greeted_in_the_order_in_which_they_came, a_client_that_resets_harms_nobody
//! Told: client B
//! Believes: accept-makes-the-connection

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
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
    let mut address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut number = 0_u64;
    let mut listener = TcpListener::bind(address)?;
    address = listener.local_addr()?;
    println!("listening on {address}");
    loop {
        let (mut client, _) = listener.accept()?;
        // std sets SO_REUSEADDR; the old one must be gone all the same.
        drop(listener);
        listener = TcpListener::bind(address)?;
        number += 1;
        let greeting = format!("you are client {number}\n");
        let _ = client.write_all(greeting.as_bytes());
    }
}
