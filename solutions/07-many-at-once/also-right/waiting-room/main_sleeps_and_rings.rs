//! Right: `main` sleeps, then rings a bell that the accepting thread watches beside the queue.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow};
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
    let (rope, bell) = UnixStream::pair()?;
    let door = thread::spawn(move || keep(&listener, &bell));
    thread::sleep(Duration::from_millis(limit));
    drop(rope);
    let clients = door.join().map_err(|_| anyhow!("a panic"))??;
    let count = clients.len();
    for mut client in clients {
        let _ = writeln!(client, "{count} of you waited");
    }
    println!("{count} waited");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn keep(listener: &TcpListener, bell: &UnixStream) -> Result<Vec<TcpStream>> {
    let (mut clients, mut rung, mut full) = (Vec::new(), false, false);
    while !(rung && full) {
        let mut fds = vec![PollFd::new(bell.as_fd(), PollFlags::POLLIN)];
        if !full {
            fds.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
        }
        poll(&mut fds, PollTimeout::NONE)?;
        rung = fds[0].any().unwrap_or(true);
        if full {
            continue;
        }
        match listener.accept() {
            Ok((client, _)) => clients.push(client),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if rung {
                    break;
                }
            }
            Err(_) => full = true,
        }
    }
    Ok(clients)
}
