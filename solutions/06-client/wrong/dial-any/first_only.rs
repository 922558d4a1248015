//! Wrong: tries the first address and no other, as the manual's client.
//! Fails: the_first_that_answers_gets_one_connection_and_its_end, each_failure_is_told_in_its_order, any_failure_leads_to_the_next_address, both_families_stand_in_one_list
//! Told: ECONNREFUSED

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an address");
    let address: SocketAddr = address.parse().expect("an address");
    match TcpStream::connect(address) {
        Ok(_) => {
            println!("connected to {address}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(0));
            eprintln!("connect to {address}: {errno:?}");
            ExitCode::FAILURE
        }
    }
}
