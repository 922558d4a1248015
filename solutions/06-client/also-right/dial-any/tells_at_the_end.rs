//! Right: recursive; tells all failures when it is done, and then a sum.

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use nix::errno::Errno;

pub fn main() -> ExitCode {
    let addresses: Vec<SocketAddr> = env::args()
        .skip(1)
        .map(|arg| arg.parse().expect("it"))
        .collect();
    let mut failures = Vec::new();
    let answered = dial(&addresses, &mut failures);
    for failure in &failures {
        eprintln!("{failure}");
    }
    match answered {
        Some(address) => {
            println!("connected to {address}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("none of {} addresses answers", failures.len());
            ExitCode::FAILURE
        }
    }
}

fn dial(list: &[SocketAddr], failures: &mut Vec<String>) -> Option<SocketAddr> {
    let (address, rest) = list.split_first()?;
    let Err(error) = TcpStream::connect(address) else {
        return Some(*address);
    };
    let errno = Errno::from_raw(error.raw_os_error()?);
    failures.push(format!("connect to {address}: {errno:?} ({error})"));
    dial(rest, failures)
}
