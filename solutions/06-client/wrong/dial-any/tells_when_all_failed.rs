//! Wrong: tells of the failures only when no address has answered.
//! Fails: each_failure_is_told_in_its_order, any_failure_leads_to_the_next_address
//! Told: nothing there

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let mut failures = Vec::new();
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        let Err(error) = TcpStream::connect(address) else {
            println!("connected to {address}");
            return ExitCode::SUCCESS;
        };
        let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
        failures.push(format!("connect to {address}: {errno:?}"));
    }
    eprintln!("{}", failures.join("\n"));
    ExitCode::FAILURE
}
