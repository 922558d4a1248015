//! Wrong: handles success and has one end for every failure, on standard error.
//! Fails: a_port_without_a_listening_socket_is_refused, no_way_is_told_from_a_refusal, any_other_failure_is_called_by_its_name
//! Told: expected: the program ends with exit code 3

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;

use anyhow::{Context, Result};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let address: SocketAddr = env::args().nth(1).unwrap_or_default().parse()?;
    TcpStream::connect(address)
        .with_context(|| format!("connect to {address}"))?;
    println!("connected to {address}");
    Ok(())
}
