//! Wrong: after one report of select takes one client after the other, in blocking mode.
//! Fails: all_who_came_hear_how_many_they_are, clients_that_keep_coming_do_not_prolong_the_time, who_is_in_the_queue_at_the_end_is_let_in, a_client_that_has_left_harms_nobody, no_socket_is_left_open, it_sleeps_until_the_time_is_over, a_full_room_waits_for_the_end_of_the_time
//! Told: in accept
//! Believes: select-says-accept-cannot-wait

use std::env;
use std::io::{self, Write};
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
    let mut clients = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut left = TimeVal::microseconds(left.as_micros().try_into()?);
        let mut set = FdSet::new();
        set.insert(listener.as_fd());
        if select(None, &mut set, None, None, &mut left)? == 0 {
            return Ok(clients);
        }
        while let Ok((client, _)) = listener.accept() {
            clients.push(client);
        }
    }
}
