//! Wrong: tells each client its number in place of the number of all.
//! Fails: all_who_came_hear_how_many_they_are
//! Told: of you waited

use std::env;
use std::io::{self, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

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
    println!("listening on {}", listener.local_addr()?);
    let clients = let_in(&listener, Duration::from_millis(limit))?;
    drop(listener);
    let count = clients.len();
    for (at, mut client) in clients.into_iter().enumerate() {
        let number = at + 1;
        let _ =
            client.write_all(format!("{number} of you waited\n").as_bytes());
    }
    println!("{count} waited");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn let_in(listener: &TcpListener, limit: Duration) -> Result<Vec<TcpStream>> {
    let deadline = Instant::now() + limit;
    listener.set_nonblocking(true)?;
    let (mut clients, mut full) = (Vec::new(), false);
    while Instant::now() < deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut limit = TimeVal::microseconds(left.as_micros().try_into()?);
        let mut set = FdSet::new();
        if !full {
            set.insert(listener.as_fd());
        }
        if select(None, &mut set, None, None, &mut limit)? > 0 {
            match listener.accept() {
                Ok((client, _)) => clients.push(client),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => full = true,
            }
        }
    }
    while let Ok((client, _)) = listener.accept() {
        clients.push(client);
    }
    Ok(clients)
}
