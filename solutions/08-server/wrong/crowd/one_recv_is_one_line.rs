//! Wrong: takes what one recv returns for one line.
//! Fails: every_line_of_a_piece_is_answered_in_order, half_a_line_blocks_nobody_and_is_kept, a_line_may_have_4096_bytes, after_its_last_line_a_client_hears_the_end, answers_that_wait_still_come_after_a_half_close
//! Told: expected: client A hears
//! Believes: one-send-is-one-recv

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::process::ExitCode;

use nix::sys::select::{FD_SETSIZE, FdSet, select};
use nix::sys::time::{TimeVal, TimeValLike};

struct Client {
    stream: TcpStream,
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
                can_read.insert(client.stream.as_fd());
            } else {
                can_write.insert(client.stream.as_fd());
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
                    stream.set_nonblocking(true)?;
                    let client = Client {
                        stream,
                        answers: Vec::new(),
                    };
                    clients.insert(client.stream.as_raw_fd(), client);
                }
                Ok(_) => {}
                Err(error) => full = error.kind() != ErrorKind::WouldBlock,
            }
        }
    }
}

/// Whether the client stays.
fn hear(client: &mut Client) -> bool {
    let mut piece = [0; 512];
    match client.stream.read(&mut piece) {
        Ok(0) => return false,
        Ok(count) => {
            let mut line = piece[..count].to_vec();
            line.pop_if(|byte| *byte == b'\n');
            client.answers.extend(line.iter().rev());
            client.answers.push(b'\n');
        }
        Err(error) => return error.kind() == ErrorKind::WouldBlock,
    }
    true
}

/// Whether the client stays.
fn answer(client: &mut Client) -> bool {
    match client.stream.write(&client.answers) {
        Ok(count) => drop(client.answers.drain(..count)),
        Err(error) => return error.kind() == ErrorKind::WouldBlock,
    }
    true
}
