//! Right: `poll`, a queue of whole lines for each client, and a reset for
//! whoever is cut off; what one round has put into the queues goes out at its
//! end.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::rc::Rc;

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{setsockopt, sockopt};

struct Client {
    stream: TcpStream,
    line: Vec<u8>,
    queue: VecDeque<Rc<[u8]>>,
    /// How much of the first line in the queue is sent.
    sent: usize,
    left: bool,
}

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let mut clients: Vec<Client> = Vec::new();
    loop {
        let mut wanted: Vec<PollFd> = clients.iter().map(asks).collect();
        wanted.push(PollFd::new(listener.as_fd(), PollFlags::POLLIN));
        poll(&mut wanted, PollTimeout::NONE)?;
        let ready: Vec<bool> =
            wanted.iter().map(|fd| fd.any() != Some(false)).collect();
        while let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true)?;
            let (line, queue) = (Vec::new(), VecDeque::new());
            let mut client = Client {
                stream,
                line,
                queue,
                sent: 0,
                left: false,
            };
            client.queue.push_back(Rc::from(&b"welcome\n"[..]));
            clients.push(client);
        }
        // The last ones first: any order is right.
        for at in (0..ready.len() - 1).rev().filter(|at| ready[*at]) {
            for line in clients[at].lines() {
                let others = clients.iter_mut().enumerate();
                for (_, other) in others.filter(|(other, _)| *other != at) {
                    other.queue.push_back(Rc::clone(&line));
                }
            }
        }
        for client in &mut clients {
            client.send();
        }
        clients.retain(|client| !client.left);
    }
}

fn asks(client: &Client) -> PollFd<'_> {
    let mut events = PollFlags::POLLIN;
    events.set(PollFlags::POLLOUT, !client.queue.is_empty());
    PollFd::new(client.stream.as_fd(), events)
}

impl Client {
    fn lines(&mut self) -> Vec<Rc<[u8]>> {
        let (mut buffer, mut lines) = ([0; 100], Vec::new());
        let count = match self.stream.read(&mut buffer) {
            Ok(count @ 1..) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            _ => {
                self.left = true;
                0
            }
        };
        for byte in &buffer[..count] {
            self.line.push(*byte);
            if *byte == b'\n' {
                lines.push(std::mem::take(&mut self.line).into());
            }
        }
        lines
    }

    fn send(&mut self) {
        while let Some(line) = self.queue.front() {
            match self.stream.write(&line[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => {
                    self.left = true;
                    return;
                }
            }
            if self.sent == line.len() {
                self.queue.pop_front();
                self.sent = 0;
            }
        }
        let queued: usize = self.queue.iter().map(|line| line.len()).sum();
        if queued - self.sent > 65_536 {
            let at_once = libc::linger {
                l_onoff: 1,
                l_linger: 0,
            };
            let _ = setsockopt(&self.stream, sockopt::Linger, &at_once);
            self.left = true;
        }
    }
}
