//! Wrong: goes on after a refusal, and gives up after anything else.
//! Fails: any_failure_leads_to_the_next_address
//! Told: ENETUNREACH

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        let Err(error) = TcpStream::connect(address) else {
            println!("connected to {address}");
            return ExitCode::SUCCESS;
        };
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        eprintln!("connect to {address}: {errno:?}");
        if errno != Errno::ECONNREFUSED {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::FAILURE
}
