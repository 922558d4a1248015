//! Right: a thread reads standard input, and another one takes the clients.

use std::env;
use std::io::{self, BufRead};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;

use anyhow::{Result, anyhow};
use nix::sys::socket::{Backlog, listen};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("it failed: {error}");
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
    let (lines, come) = channel();
    let reader = thread::spawn(move || -> io::Result<()> {
        for line in io::stdin().lock().split(b'\n') {
            let _ = lines.send(line?);
        }
        Ok(())
    });
    for _ in come {
        let (client, _) = listener.accept()?;
        thread::spawn(move || drop(client));
    }
    reader
        .join()
        .map_err(|_| anyhow!("the reader panicked"))??;
    Ok(())
}
