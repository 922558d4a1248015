//! Wrong: sleeps until the time is over, and only then accepts.
//! Fails: a_crowd_beyond_the_backlog_is_let_in
//! Told: can connect

use std::env;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::Result;

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
    thread::sleep(limit);
    listener.set_nonblocking(true)?;
    let mut clients = Vec::new();
    while let Ok((client, _)) = listener.accept() {
        clients.push(client);
    }
    Ok(clients)
}
