//! Wrong: looks for an address that answers, and then connects to it again.
//! Fails: the_first_that_answers_gets_one_connection_and_its_end
//! Told: the program does not connect to the server

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let addresses: Vec<SocketAddr> = env::args()
        .skip(1)
        .map(|arg| arg.parse().expect("it"))
        .collect();
    let Some(&address) = addresses.iter().find(|address| is_up(address)) else {
        return ExitCode::FAILURE;
    };
    let _connection = TcpStream::connect(address).expect("it is up");
    println!("connected to {address}");
    ExitCode::SUCCESS
}

fn is_up(address: &SocketAddr) -> bool {
    match TcpStream::connect(address) {
        Ok(_) => true,
        Err(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            eprintln!("connect to {address}: {errno:?}");
            false
        }
    }
}
