//! Wrong: after the last failure it ends as after a success.
//! Fails: where_none_answers_the_exit_code_is_1
//! Told: exit code 0

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
                break;
            }
            Err(error) => {
                let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
                eprintln!("connect to {address}: {errno:?}");
            }
        }
    }
    ExitCode::SUCCESS
}
