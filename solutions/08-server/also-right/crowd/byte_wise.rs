//! Right: `select`, takes one byte in a round, and leaves those above 1,000
//! clients in the queue.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::select::{FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

struct Client {
    stream: TcpStream,
    line: Vec<u8>,
    answer: Vec<u8>,
}

pub fn main() -> ExitCode {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    listener.set_nonblocking(true).expect("fcntl");
    println!("listening on {}", listener.local_addr().expect("address"));
    let mut clients: Vec<Client> = Vec::new();
    let mut full = false;
    loop {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        if !full && clients.len() < 1000 {
            can_read.insert(listener.as_fd());
        }
        for client in &clients {
            if client.answer.is_empty() {
                can_read.insert(client.stream.as_fd());
            } else {
                can_write.insert(client.stream.as_fd());
            }
        }
        let mut limit = full.then(|| TimeVal::seconds(1));
        let limit = limit.as_mut();
        let fds = clients.iter().map(|client| client.stream.as_raw_fd());
        let high = fds.max().unwrap_or(0).max(listener.as_raw_fd());
        match select(high + 1, &mut can_read, &mut can_write, None, limit) {
            Ok(_) => {}
            Err(Errno::EINTR) => continue,
            Err(errno) => {
                eprintln!("select: {errno}");
                return ExitCode::FAILURE;
            }
        }
        let ready: Vec<RawFd> = can_read
            .fds(Some(high))
            .chain(can_write.fds(Some(high)))
            .map(|fd| fd.as_raw_fd())
            .collect();
        full = full && !ready.is_empty();
        let before = clients.len();
        clients.retain_mut(|client| {
            !ready.contains(&client.stream.as_raw_fd()) || turn(client)
        });
        full = full && clients.len() == before;
        if ready.contains(&listener.as_raw_fd()) {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(true).expect("fcntl");
                    clients.push(Client {
                        stream,
                        line: Vec::new(),
                        answer: Vec::new(),
                    });
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(_) => full = true,
            }
        }
    }
}

/// Whether the client stays.
fn turn(client: &mut Client) -> bool {
    let mut byte = [0];
    let done = if client.answer.is_empty() {
        client.stream.read(&mut byte).map(|count| {
            match byte[0] {
                _ if count == 0 => {}
                b'\n' => {
                    client.answer.extend(client.line.drain(..).rev());
                    client.answer.push(b'\n');
                }
                byte => client.line.push(byte),
            }
            count > 0
        })
    } else {
        client.stream.write(&client.answer).map(|count| {
            client.answer.drain(..count);
            true
        })
    };
    let nothing_yet = |e: std::io::Error| e.kind() == ErrorKind::WouldBlock;
    done.unwrap_or_else(nothing_yet)
}
