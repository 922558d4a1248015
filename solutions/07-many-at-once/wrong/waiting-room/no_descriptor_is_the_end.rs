//! Wrong: takes EMFILE for the end of the server.
//! Fails: it_sleeps_until_the_time_is_over, a_full_room_waits_for_the_end_of_the_time
//! Told: Too many open files

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
    for mut client in clients {
        let _ = client.write_all(format!("{count} of you waited\n").as_bytes());
    }
    println!("{count} waited");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

fn let_in(listener: &TcpListener, limit: Duration) -> Result<Vec<TcpStream>> {
    let deadline = Instant::now() + limit;
    listener.set_nonblocking(true)?;
    let mut clients = Vec::new();
    while Instant::now() < deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut limit = TimeVal::microseconds(left.as_micros().try_into()?);
        let mut set = FdSet::new();
        set.insert(listener.as_fd());
        if select(None, &mut set, None, None, &mut limit)? > 0 {
            match listener.accept() {
                Ok((client, _)) => clients.push(client),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    while let Ok((client, _)) = listener.accept() {
        clients.push(client);
    }
    Ok(clients)
}
