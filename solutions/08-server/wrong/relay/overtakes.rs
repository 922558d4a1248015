//! Wrong: sends a new line before what is kept.
//! Fails: a_slow_client_within_the_limit_loses_nothing
//! Told: client C hears
//! Believes: nonblocking-send-is-all-or-nothing

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::sys::select::{FdSet, select};

pub fn main() -> ExitCode {
    if let Err(error) = serve() {
        eprintln!("{error}");
    }
    ExitCode::FAILURE
}

struct Client {
    stream: TcpStream,
    begun: Vec<u8>,
    kept: Vec<u8>,
    stays: bool,
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        can_read.insert(listener.as_fd());
        for client in &clients {
            can_read.insert(client.stream.as_fd());
            if !client.kept.is_empty() {
                can_write.insert(client.stream.as_fd());
            }
        }
        select(None, &mut can_read, &mut can_write, None, None)?;
        let comes = can_read.contains(listener.as_fd());
        let among = |set: &FdSet| -> Vec<usize> {
            let all = clients.iter().enumerate();
            all.filter(|(_, client)| set.contains(client.stream.as_fd()))
                .map(|(at, _)| at)
                .collect()
        };
        let (speaking, with_room) = (among(&can_read), among(&can_write));
        for at in speaking {
            let lines = hear(&mut clients[at])?;
            for (other, client) in clients.iter_mut().enumerate() {
                if other != at {
                    tell(client, &lines)?;
                }
            }
        }
        for at in with_room {
            send_kept(&mut clients[at])?;
        }
        clients.retain(|client| client.stays);
        if comes {
            let (stream, _) = listener.accept()?;
            stream.set_nonblocking(true)?;
            let (begun, kept, stays) = (Vec::new(), Vec::new(), true);
            clients.push(Client {
                stream,
                begun,
                kept,
                stays,
            });
            tell(clients.last_mut().expect("one"), b"welcome\n")?;
        }
    }
}

fn hear(client: &mut Client) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    match client.stream.read(&mut buffer) {
        Ok(0) => client.stays = false,
        Ok(count) => {
            client.begun.extend_from_slice(&buffer[..count]);
            if let Some(at) = client.begun.iter().rposition(|b| *b == b'\n') {
                let rest = client.begun.split_off(at + 1);
                return Ok(std::mem::replace(&mut client.begun, rest));
            }
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(_) => client.stays = false,
    }
    Ok(Vec::new())
}

fn tell(client: &mut Client, lines: &[u8]) -> io::Result<()> {
    match client.stream.write(lines) {
        Ok(count) => client.kept.extend_from_slice(&lines[count..]),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            client.kept.extend_from_slice(lines);
        }
        Err(_) => client.stays = false,
    }
    if client.kept.len() > 65_536 {
        client.stays = false;
    }
    Ok(())
}

fn send_kept(client: &mut Client) -> io::Result<()> {
    match client.stream.write(&client.kept) {
        Ok(count) => drop(client.kept.drain(..count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(_) => client.stays = false,
    }
    Ok(())
}
