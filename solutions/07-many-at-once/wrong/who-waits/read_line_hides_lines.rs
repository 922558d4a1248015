//! Wrong: reads with std's buffer, in which select sees nothing.
//! Fails: several_lines_in_one_piece_let_in_several, half_a_line_holds_nothing_up
//! Told: client B hears

use std::io::{self, BufRead, ErrorKind, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::select::{FdSet, select};

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
            if stdin.lock().read_line(&mut String::new())? == 0 {
                return Ok(());
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
