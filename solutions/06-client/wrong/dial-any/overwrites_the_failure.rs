//! Wrong: keeps one failure, the last, and tells of that one alone.
//! Fails: each_failure_is_told_in_its_order
//! Told: on standard error: connect to 127.0.0.1:

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let mut failure = String::new();
    let mut end = ExitCode::FAILURE;
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        match TcpStream::connect(address) {
            Ok(_) => {
                println!("connected to {address}");
                end = ExitCode::SUCCESS;
                break;
            }
            Err(error) => {
                let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
                failure = format!("connect to {address}: {errno:?}");
            }
        }
    }
    eprintln!("{failure}");
    end
}
