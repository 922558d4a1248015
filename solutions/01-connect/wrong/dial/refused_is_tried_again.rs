//! Wrong: tries again for as long as it is refused, until a server comes.
//! Fails: a_port_without_a_listening_socket_is_refused
//! Told: the program ends with exit code 3

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let arg = env::args().nth(1).unwrap_or_default();
    let Ok(address) = arg.parse::<SocketAddr>() else {
        return ExitCode::from(2);
    };
    loop {
        let Err(error) = TcpStream::connect(address) else {
            println!("connected to {address}");
            return ExitCode::SUCCESS;
        };
        match Errno::from_raw(error.raw_os_error().unwrap_or(0)) {
            Errno::ECONNREFUSED => thread::sleep(Duration::from_millis(50)),
            Errno::ENETUNREACH => {
                println!("ENETUNREACH: no way to {address}");
                return ExitCode::from(4);
            }
            errno => {
                println!("{errno:?}: no connection to {address}");
                return ExitCode::FAILURE;
            }
        }
    }
}
