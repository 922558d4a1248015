//! Wrong: takes the family from the address, and prints it without brackets.
//! Fails: an_ipv6_server_is_reached_too, any_other_failure_is_called_by_its_name
//! Told: expected: standard output is

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let arg = env::args().nth(1).unwrap_or_default();
    let Ok(address) = arg.parse::<SocketAddr>() else {
        return ExitCode::from(2);
    };
    let told = format!("{}:{}", address.ip(), address.port());
    let Err(error) = TcpStream::connect(address) else {
        println!("connected to {told}");
        return ExitCode::SUCCESS;
    };
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    let (what, code) = match errno {
        Errno::ECONNREFUSED => ("nobody listens at", 3),
        Errno::ENETUNREACH => ("no way to", 4),
        _ => ("no connection to", 1),
    };
    println!("{errno:?}: {what} {told}");
    ExitCode::from(code)
}
