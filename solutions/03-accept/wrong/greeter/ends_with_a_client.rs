//! Wrong: a failed send to one client, which has left, ends the server.
//! Fails: a_client_that_resets_harms_nobody
//! Told: client 1: ECONNRESET
//! Believes: a-reset-client-never-comes-out-of-accept

use std::net::TcpListener;
use std::os::fd::AsRawFd;
use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::socket::send;

pub fn main() -> ExitCode {
    match greet_for_ever() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn greet_for_ever() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    for number in 1.. {
        let (client, _) = sys::accept(&listener).context("accept")?;
        let greeting = format!("you are client {number}\n");
        send(client.as_raw_fd(), greeting.as_bytes(), sys::MSG_NOSIGNAL)
            .with_context(|| format!("send to client {number}"))?;
    }
    Ok(())
}
