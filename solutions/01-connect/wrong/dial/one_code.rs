//! Wrong: ends with the same code for every failure.
//! Fails: a_port_without_a_listening_socket_is_refused, no_way_is_told_from_a_refusal
//! Told: expected: the program ends with exit code 3

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let arg = env::args().nth(1).unwrap_or_default();
    let Ok(address) = arg.parse::<SocketAddr>() else {
        return ExitCode::from(2);
    };
    let Err(error) = TcpStream::connect(address) else {
        println!("connected to {address}");
        return ExitCode::SUCCESS;
    };
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    let what = match errno {
        Errno::ECONNREFUSED => "nobody listens at",
        Errno::ENETUNREACH => "no way to",
        _ => "no connection to",
    };
    println!("{errno:?}: {what} {address}");
    ExitCode::FAILURE
}
