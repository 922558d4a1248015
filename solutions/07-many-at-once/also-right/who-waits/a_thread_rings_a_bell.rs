//! Right: a thread reads lines with std's buffer and rings through a local socket, which `select` watches.

use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread;

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
    let (mut bell, mut rope) = UnixStream::pair()?;
    // At the end of the input the rope is dropped, and the bell has its end.
    thread::spawn(move || {
        let mut line = String::new();
        while let Ok(1..) = io::stdin().lock().read_line(&mut line) {
            rope.write_all(b"!").expect("somebody listens");
            line.clear();
        }
    });
    let mut announced = false;
    loop {
        let mut set = FdSet::new();
        set.insert(bell.as_fd());
        if !announced {
            set.insert(listener.as_fd());
        }
        select(None, &mut set, None, None, None)?;
        if set.contains(bell.as_fd()) {
            if bell.read(&mut [0])? == 0 {
                return Ok(());
            }
            match listener.accept() {
                Ok((mut client, address)) => {
                    let _ = client.write_all(b"come in\n");
                    println!("let in {address}");
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    println!("nobody is waiting");
                }
                Err(error) => return Err(error.into()),
            }
            announced = false;
        } else {
            println!("a client is waiting");
            announced = true;
        }
    }
}
