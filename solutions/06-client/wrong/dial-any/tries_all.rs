//! Wrong: tries all addresses, and then takes the first that has answered.
//! Fails: nothing_is_tried_after_a_success
//! Told: the program does not connect to the second server

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let mut connections = Vec::new();
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        match TcpStream::connect(address) {
            Ok(connection) => connections.push((connection, address)),
            Err(error) => {
                let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
                eprintln!("connect to {address}: {errno:?}");
            }
        }
    }
    match connections.first() {
        Some((_, address)) => {
            println!("connected to {address}");
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    }
}
