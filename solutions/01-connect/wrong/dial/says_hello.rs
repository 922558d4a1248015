//! Wrong: sends a greeting, as the chapter's client does.
//! Fails: the_connection_carries_nothing_and_is_closed
//! Told: expected: the server hears the end of the stream

use std::env;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let arg = env::args().nth(1).unwrap_or_default();
    let Ok(address) = arg.parse::<SocketAddr>() else {
        return ExitCode::from(2);
    };
    let connected = TcpStream::connect(address);
    let connected = connected.and_then(|mut server| server.write_all(b"hello"));
    let Err(error) = connected else {
        println!("connected to {address}");
        return ExitCode::SUCCESS;
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
