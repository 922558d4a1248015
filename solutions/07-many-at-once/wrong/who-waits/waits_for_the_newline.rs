//! Wrong: once a byte of a line is there, waits for the rest of it.
//! Fails: half_a_line_holds_nothing_up
//! Told: a client is waiting
//! Believes: readable-means-a-whole-message

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
    let (stdin, mut announced) = (io::stdin(), false);
    loop {
        let mut set = FdSet::new();
        set.insert(stdin.as_fd());
        if !announced {
            set.insert(listener.as_fd());
        }
        select(None, &mut set, None, None, None)?;
        if set.contains(listener.as_fd()) {
            println!("a client is waiting");
            announced = true;
        }
        if set.contains(stdin.as_fd()) {
            let mut byte = [0];
            while byte != *b"\n" {
                if read(&stdin, &mut byte)? == 0 {
                    return Ok(());
                }
            }
            let_in(&listener)?;
            announced = false;
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
