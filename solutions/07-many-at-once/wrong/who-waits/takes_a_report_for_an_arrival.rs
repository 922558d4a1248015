//! Wrong: takes each report of select for one more client that has come.
//! Fails: a_client_is_announced_and_a_line_lets_it_in, a_queue_is_announced_once_and_the_program_sleeps, a_client_that_has_left_harms_nobody
//! Told: a client is waiting
//! Believes: select-reports-arrivals

use std::io::{self, ErrorKind, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::select::{FdSet, select};
use nix::unistd::read;

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
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let stdin = io::stdin();
    loop {
        let mut set = FdSet::new();
        set.insert(stdin.as_fd());
        set.insert(listener.as_fd());
        select(None, &mut set, None, None, None)?;
        if set.contains(listener.as_fd()) {
            println!("a client is waiting");
        }
        if set.contains(stdin.as_fd()) {
            let mut bytes = [0; 512];
            let count = read(&stdin, &mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            for _ in bytes[..count].iter().filter(|b| **b == b'\n') {
                let_in(&listener)?;
            }
        }
    }
}

fn let_in(listener: &TcpListener) -> Result<()> {
    match listener.accept() {
        Ok((mut client, address)) => {
            println!("let in {address}");
            let _ = client.write_all(b"come in\n");
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            println!("nobody is waiting");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
