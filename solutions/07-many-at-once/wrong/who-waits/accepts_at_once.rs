//! Wrong: accepts at once and keeps the client until a line comes.
//! Fails: nobody_is_accepted_before_a_line_comes
//! Told: in the accept queue
//! Believes: accept-makes-the-connection

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
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
    let mut waiting: VecDeque<(TcpStream, SocketAddr)> = VecDeque::new();
    loop {
        let mut set = FdSet::new();
        set.insert(stdin.as_fd());
        set.insert(listener.as_fd());
        select(None, &mut set, None, None, None)?;
        if set.contains(listener.as_fd()) {
            waiting.push_back(listener.accept()?);
            if !announced {
                println!("a client is waiting");
                announced = true;
            }
        }
        if set.contains(stdin.as_fd()) {
            let mut bytes = [0; 512];
            let count = read(&stdin, &mut bytes)?;
            if count == 0 {
                return Ok(());
            }
            for _ in bytes[..count].iter().filter(|b| **b == b'\n') {
                // Whoever has come meanwhile is as good as the first.
                let next = waiting.pop_front();
                match next.or_else(|| listener.accept().ok()) {
                    Some((mut client, address)) => {
                        println!("let in {address}");
                        let _ = client.write_all(b"come in\n");
                    }
                    None => println!("nobody is waiting"),
                }
                announced = false;
            }
            if !waiting.is_empty() && !announced {
                println!("a client is waiting");
                announced = true;
            }
        }
    }
}
