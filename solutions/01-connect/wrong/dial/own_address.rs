//! Wrong: prints the address of its own end of the connection.
//! Fails: a_server_that_has_only_called_listen_is_connected, an_ipv6_server_is_reached_too
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
    let error = match TcpStream::connect(address) {
        Ok(server) => {
            let Ok(own) = server.local_addr() else {
                return ExitCode::FAILURE;
            };
            println!("connected to {own}");
            return ExitCode::SUCCESS;
        }
        Err(error) => error,
    };
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
    let (what, code) = match errno {
        Errno::ECONNREFUSED => ("nobody listens at", 3),
        Errno::ENETUNREACH => ("no way to", 4),
        _ => ("no connection to", 1),
    };
    println!("{errno:?}: {what} {address}");
    ExitCode::from(code)
}
