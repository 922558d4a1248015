//! Wrong: looks for EHOSTUNREACH where the kernel says ENETUNREACH.
//! Fails: no_way_is_told_from_a_refusal
//! Told: expected: the program ends with exit code 4

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
    let (what, code) = match errno {
        Errno::ECONNREFUSED => ("nobody listens at", 3),
        Errno::EHOSTUNREACH => ("no way to", 4),
        _ => ("no connection to", 1),
    };
    println!("{errno:?}: {what} {address}");
    ExitCode::from(code)
}
