//! Wrong: looks whether somebody has come, every millisecond.
//! Fails: it_sleeps_until_the_time_is_over
//! Told: sleeps
//! Believes: waiting-is-polling

use std::env;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

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
    let deadline = Instant::now() + limit;
    listener.set_nonblocking(true)?;
    let mut clients = Vec::new();
    loop {
        let over = Instant::now() >= deadline;
        while let Ok((client, _)) = listener.accept() {
            clients.push(client);
        }
        if over {
            return Ok(clients);
        }
        thread::sleep(Duration::from_millis(1));
    }
}
