//! Right: `poll`, reads on while up to 64 KiB of answers wait, empties queues.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

struct Client {
    stream: TcpStream,
    heard: Vec<u8>,
    answers: Vec<u8>,
    over: bool,
    gone: bool,
}

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("fcntl");
    println!("listening on {}", listener.local_addr().expect("address"));
    let mut clients: Vec<Client> = Vec::new();
    let mut full = false;
    loop {
        let mut fds = vec![PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
        if full {
            fds[0].set_events(PollFlags::empty());
        }
        fds.extend(clients.iter().map(|client| {
            let mut events = PollFlags::empty();
            if !client.over && client.answers.len() < 65_536 {
                events |= PollFlags::POLLIN;
            }
            if !client.answers.is_empty() {
                events |= PollFlags::POLLOUT;
            }
            PollFd::new(client.stream.as_fd(), events)
        }));
        let limit = if full {
            1000_u16.into()
        } else {
            PollTimeout::NONE
        };
        match poll(&mut fds, limit) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(errno) => {
                eprintln!("poll: {errno}");
                return ExitCode::FAILURE;
            }
        }
        let ready: Vec<bool> =
            fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        drop(fds);
        for (client, ready) in clients.iter_mut().zip(&ready[1..]) {
            if *ready {
                turn(client);
            }
        }
        clients.retain(|client| {
            let due = client.over && client.answers.is_empty();
            !client.gone && !due
        });
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).expect("fcntl");
                    clients.push(Client {
                        stream,
                        heard: Vec::new(),
                        answers: Vec::new(),
                        over: false,
                        gone: false,
                    });
                }
                Err(error) => {
                    full = error.kind() != ErrorKind::WouldBlock;
                    break;
                }
            }
        }
    }
}

fn turn(client: &mut Client) {
    if !client.over && client.answers.len() < 65_536 {
        let mut buffer = [0; 1000];
        match client.stream.read(&mut buffer) {
            Ok(0) => client.over = true,
            Ok(count) => client.heard.extend(&buffer[..count]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(_) => client.gone = true,
        }
    }
    while let Some(end) = client.heard.iter().position(|b| *b == b'\n') {
        let mut line: Vec<u8> = client.heard.drain(..=end).collect();
        line[..end].reverse();
        client.answers.append(&mut line);
    }
    while !client.answers.is_empty() {
        match client.stream.write(&client.answers) {
            Ok(count) => drop(client.answers.drain(..count)),
            Err(e) if e.kind() == ErrorKind::WouldBlock => break,
            Err(_) => {
                client.gone = true;
                break;
            }
        }
    }
}
