//! Right: std only; a thread for each client that reads, non-blocking writes by
//! whoever has something to tell, and one more thread that sends what is kept,
//! woken through a local socket when there is more of it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

struct Client {
    stream: Arc<TcpStream>,
    kept: Vec<u8>,
}

struct Relay {
    clients: Mutex<BTreeMap<u64, Client>>,
    bell: UnixStream,
}

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (bell, rings) = UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    let clients = Mutex::default();
    let relay = Arc::new(Relay { clients, bell });
    let writer = Arc::clone(&relay);
    thread::spawn(move || writer.write_for_ever(&rings));
    for number in 0.. {
        let stream = Arc::new(listener.accept()?.0);
        stream.set_nonblocking(true)?;
        let mut clients = relay.lock();
        let (ear, kept) = (Arc::clone(&stream), Vec::new());
        clients.insert(number, Client { stream, kept });
        relay.tell(&mut clients, b"welcome\n", |it| it == number);
        drop(clients);
        let relay = Arc::clone(&relay);
        thread::spawn(move || relay.listen(&ear, number));
    }
    Ok(())
}

fn wait_for(stream: &TcpStream, events: PollFlags) {
    let mut wanted = [PollFd::new(stream.as_fd(), events)];
    let _ = poll(&mut wanted, PollTimeout::NONE);
}

impl Relay {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Client>> {
        self.clients.lock().expect("no panic")
    }

    fn listen(&self, mut ear: &TcpStream, number: u64) {
        let (mut said, mut buffer) = (Vec::new(), [0; 1000]);
        loop {
            wait_for(ear, PollFlags::POLLIN);
            match ear.read(&mut buffer) {
                Ok(count @ 1..) => said.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                _ => break,
            }
            let Some(at) = said.iter().rposition(|byte| *byte == b'\n') else {
                continue;
            };
            let lines: Vec<u8> = said.drain(..=at).collect();
            self.tell(&mut self.lock(), &lines, |it| it != number);
        }
        self.lock().remove(&number);
    }

    fn tell(
        &self,
        clients: &mut BTreeMap<u64, Client>,
        lines: &[u8],
        whom: impl Fn(u64) -> bool,
    ) {
        clients.retain(|number, client| {
            if !whom(*number) {
                return true;
            }
            client.kept.extend_from_slice(lines);
            client.send()
        });
        if clients.values().any(|client| !client.kept.is_empty()) {
            // A full one rings anyway.
            let _ = (&self.bell).write(b"!");
        }
    }

    /// Waits for room at the clients for whom something is kept.
    fn write_for_ever(&self, mut rings: &UnixStream) {
        loop {
            let streams: Vec<Arc<TcpStream>> = self
                .lock()
                .values()
                .filter(|client| !client.kept.is_empty())
                .map(|client| Arc::clone(&client.stream))
                .collect();
            let mut wanted: Vec<PollFd> = streams
                .iter()
                .map(|stream| PollFd::new(stream.as_fd(), PollFlags::POLLOUT))
                .collect();
            wanted.push(PollFd::new(rings.as_fd(), PollFlags::POLLIN));
            let _ = poll(&mut wanted, PollTimeout::NONE);
            let rung = wanted[streams.len()].any() == Some(true);
            drop(wanted);
            if rung {
                let _ = rings.read(&mut [0; 100]);
            }
            self.lock().retain(|_, client| client.send());
        }
    }
}

impl Client {
    /// Sends what fits; whether this client stays.
    fn send(&mut self) -> bool {
        let broken = match (&*self.stream).write(&self.kept) {
            Ok(count) => {
                self.kept.drain(..count);
                false
            }
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        let stays = !broken && self.kept.len() <= 65_536;
        if !stays {
            // Wakes the thread that listens; the last one closes.
            let _ = self.stream.shutdown(Shutdown::Both);
        }
        stays
    }
}
