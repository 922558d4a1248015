//! Right: `poll`, and `accept` until the queue is empty each time; the room that is full closes its door at once.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

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
    let limit = env::args().nth(1).unwrap_or_default().parse()?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let deadline = Instant::now() + Duration::from_millis(limit);
    let mut door = Some(listener);
    let mut clients: Vec<TcpStream> = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let over = left.is_zero();
        let left = PollTimeout::try_from(left.as_micros().div_ceil(1000))?;
        let watched = door.iter();
        let mut fds: Vec<_> = watched
            .map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN))
            .collect();
        match poll(&mut fds, left) {
            Err(Errno::EINTR) => continue,
            count => count?,
        };
        while let Some(listener) = &door {
            match listener.accept() {
                Ok((client, _)) => clients.push(client),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => door = None,
            }
        }
        if over {
            break;
        }
    }
    drop(door);
    let text = format!("{} of you waited\n", clients.len());
    // The last one hears it first.
    for client in clients.iter_mut().rev() {
        let _ = client.write_all(text.as_bytes());
        let _ = client.shutdown(Shutdown::Both);
    }
    let count = clients.len();
    drop(clients);
    println!("{count} waited");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
