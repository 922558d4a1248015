//! Right: std only, and the name of an errno from its number.

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        match TcpStream::connect(address) {
            Ok(_) => {
                println!("connected to {address}");
                return ExitCode::SUCCESS;
            }
            Err(error) => {
                let errno = error.raw_os_error().map(Errno::from_raw);
                let errno = errno.expect("connect fails with an errno");
                eprintln!("connect to {address}: {errno:?}");
            }
        }
    }
    ExitCode::FAILURE
}
