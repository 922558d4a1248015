//! Right: non-blocking; `poll` says when to send and when to receive, and
//! keeps the time.

use std::env;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::ExitCode;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let Ok(mut server) = TcpStream::connect(&args[1]) else {
        return ExitCode::from(2);
    };
    let limit: u16 = args[2].parse().expect("milliseconds");
    match judge(&mut server, limit.into()) {
        Ok("") => ExitCode::SUCCESS,
        Ok(why) => {
            println!("{why}");
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn judge(
    server: &mut TcpStream,
    limit: PollTimeout,
) -> io::Result<&'static str> {
    server.set_nonblocking(true)?;
    let question: Vec<u8> = (0..50_000_u32).map(|i| (i % 253) as u8).collect();
    let mut answer = Vec::new();
    let mut sent = 0;
    let mut buffer = [0; 9_000];
    loop {
        let mut wanted = PollFlags::POLLIN;
        wanted.set(PollFlags::POLLOUT, sent < question.len());
        let mut look = [PollFd::new(server.as_fd(), wanted)];
        if poll(&mut look, limit)? == 0 {
            return Ok("silent for too long");
        }
        if sent < question.len() {
            sent += or_nothing(server.write(&question[sent..]))?.unwrap_or(0);
            if sent == question.len() {
                server.shutdown(Shutdown::Write)?;
            }
        }
        match or_nothing(server.read(&mut buffer))? {
            Some(0) if answer == question => return Ok(""),
            Some(0) => return Ok("an end too early"),
            Some(count) => answer.extend_from_slice(&buffer[..count]),
            None => {}
        }
        if !question.starts_with(&answer) {
            return Ok("a byte that is not the one that was sent");
        }
    }
}

fn or_nothing(result: io::Result<usize>) -> io::Result<Option<usize>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}
