//! Wrong: calls what it does not know by std's kind of error.
//! Fails: any_other_failure_is_called_by_its_name
//! Told: expected: standard output is

use std::env;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

pub fn main() -> ExitCode {
    let arg = env::args().nth(1).unwrap_or_default();
    let Ok(address) = arg.parse::<SocketAddr>() else {
        return ExitCode::from(2);
    };
    let Err(error) = TcpStream::connect(address) else {
        println!("connected to {address}");
        return ExitCode::SUCCESS;
    };
    let code = match error.kind() {
        ErrorKind::ConnectionRefused => {
            println!("ECONNREFUSED: nobody listens at {address}");
            3
        }
        ErrorKind::NetworkUnreachable => {
            println!("ENETUNREACH: no way to {address}");
            4
        }
        kind => {
            println!("{kind:?}: no connection to {address}");
            1
        }
    };
    ExitCode::from(code)
}
