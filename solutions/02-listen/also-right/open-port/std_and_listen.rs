//! Right: std's listener, and a second listen, which changes the backlog.

use std::env;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use anyhow::Result;
use nix::sys::socket::{Backlog, listen};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let port: u16 = args[0].parse()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listen(&listener, Backlog::new(args[1].parse::<i32>()?)?)?;
    println!("listening on {}", listener.local_addr()?);
    for line in io::stdin().lines() {
        line?;
        listener.accept()?;
    }
    Ok(())
}
