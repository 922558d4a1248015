//! Wrong: reads until the newline has come, in a call that waits, when select has reported a client.
//! Fails: half_a_line_blocks_nobody_and_is_kept, it_sleeps_while_nothing_happens
//! Told: recv on descriptor
//! Believes: a-slow-client-slows-only-itself

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::process::ExitCode;

use nix::errno::Errno;
use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::socket::{MsgFlags, send};
use nix::sys::time::{TimeVal, TimeValLike};

struct Client {
    stream: BufReader<TcpStream>,
    answers: Vec<u8>,
}

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    println!("listening on {}", listener.local_addr()?);
    let mut clients: BTreeMap<RawFd, Client> = BTreeMap::new();
    let mut full = false;
    loop {
        let (mut can_read, mut can_write) = (FdSet::new(), FdSet::new());
        if !full {
            can_read.insert(listener.as_fd());
        }
        for client in clients.values() {
            if client.answers.is_empty() {
                can_read.insert(client.stream.get_ref().as_fd());
            } else {
                can_write.insert(client.stream.get_ref().as_fd());
            }
        }
        let mut pause = full.then(|| TimeVal::seconds(1));
        let pause = pause.as_mut();
        select(None, &mut can_read, &mut can_write, None, pause)?;
        let read: Vec<_> = can_read.fds(None).map(|f| f.as_raw_fd()).collect();
        let write: Vec<_> =
            can_write.fds(None).map(|f| f.as_raw_fd()).collect();
        full = false;
        for fd in write {
            if !clients.get_mut(&fd).is_none_or(answer) {
                clients.remove(&fd);
            }
        }
        for fd in read {
            if fd != listener.as_raw_fd() {
                if !clients.get_mut(&fd).is_none_or(hear) {
                    clients.remove(&fd);
                }
                continue;
            }
            match listener.accept() {
                Ok((stream, _)) if stream.as_raw_fd() < FD_SETSIZE as i32 => {
                    let client = Client {
                        stream: BufReader::new(stream),
                        answers: Vec::new(),
                    };
                    let fd = client.stream.get_ref().as_raw_fd();
                    clients.insert(fd, client);
                }
                Ok(_) => {}
                Err(error) => full = error.kind() != ErrorKind::WouldBlock,
            }
        }
    }
}

/// Whether the client stays.
fn hear(client: &mut Client) -> bool {
    // What has come along with this line is not reported again.
    loop {
        let mut line = Vec::new();
        let read = client.stream.read_until(b'\n', &mut line);
        if read.is_err() || line.pop() != Some(b'\n') {
            return false;
        }
        client.answers.extend(line.iter().rev());
        client.answers.push(b'\n');
        if !client.stream.buffer().contains(&b'\n') {
            return true;
        }
    }
}

/// Whether the client stays.
fn answer(client: &mut Client) -> bool {
    let flags = MsgFlags::MSG_DONTWAIT | sys::MSG_NOSIGNAL;
    let fd = client.stream.get_ref().as_raw_fd();
    match send(fd, &client.answers, flags) {
        Ok(count) => drop(client.answers.drain(..count)),
        Err(errno) => return errno == Errno::EWOULDBLOCK,
    }
    true
}
