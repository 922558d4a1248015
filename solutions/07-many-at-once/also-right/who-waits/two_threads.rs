//! Right: one thread reads lines, another watches the queue and is told when to look again.

use std::io::{self, BufRead, ErrorKind, Write};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use anyhow::Result;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// Whether the queue has been announced.
#[derive(Default)]
struct Door {
    announced: Mutex<bool>,
    opened: Condvar,
}

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
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let door = Arc::new(Door::default());
    let (own, watched) = (Arc::clone(&door), Arc::clone(&listener));
    thread::spawn(move || watch(&own, &watched));
    for line in io::stdin().lock().split(b'\n') {
        line?;
        let mut announced = door.announced.lock().expect("no panics");
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
        *announced = false;
        door.opened.notify_one();
    }
    Ok(())
}

fn watch(door: &Door, listener: &TcpListener) {
    loop {
        let announced = door.announced.lock().expect("no panics");
        let told = door.opened.wait_while(announced, |announced| *announced);
        drop(told.expect("no panics"));
        let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        poll(&mut fds, PollTimeout::NONE).expect("no signals");
        let mut announced = door.announced.lock().expect("no panics");
        // A line may have come in between.
        if poll(&mut fds, PollTimeout::ZERO).expect("no signals") > 0 {
            println!("a client is waiting");
            *announced = true;
        }
    }
}
