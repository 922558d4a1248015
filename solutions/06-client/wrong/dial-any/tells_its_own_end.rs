//! Wrong: prints the address of its own end for the server's.
//! Fails: the_first_that_answers_gets_one_connection_and_its_end, nothing_is_tried_after_a_success, any_failure_leads_to_the_next_address, both_families_stand_in_one_list
//! Told: connected to 127.0.0.1:
//! Believes: the-clients-port-is-the-servers

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    for arg in env::args().skip(1) {
        let address: SocketAddr = arg.parse().expect("an address");
        match TcpStream::connect(address) {
            Ok(connection) => {
                let address = connection.local_addr().expect("connected");
                println!("connected to {address}");
                return ExitCode::SUCCESS;
            }
            Err(error) => {
                let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
                eprintln!("connect to {address}: {errno:?}");
            }
        }
    }
    ExitCode::FAILURE
}
