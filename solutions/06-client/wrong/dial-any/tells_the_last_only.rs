//! Wrong: std's loop over the list, which gives back the last error alone.
//! Fails: each_failure_is_told_in_its_order, any_failure_leads_to_the_next_address
//! Told: on standard error: connect to 127.0.0.1:

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let addresses: Vec<SocketAddr> = env::args()
        .skip(1)
        .map(|arg| arg.parse().expect("it"))
        .collect();
    let connected = TcpStream::connect(&addresses[..])
        .and_then(|connection| connection.peer_addr());
    match connected {
        Ok(address) => {
            println!("connected to {address}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("connect: {error}");
            ExitCode::FAILURE
        }
    }
}
