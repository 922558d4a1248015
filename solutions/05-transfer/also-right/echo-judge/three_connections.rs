//! Right: a connection for each question, and byte by byte as they come.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsRawFd;
use std::process::ExitCode;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, send};

pub fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let all: Vec<u8> = (0..=255).collect();
    let mut text = b"a line\nand a rest without a newline ".repeat(600);
    text.truncate(20_001);
    for question in [Vec::new(), all, text] {
        let Ok(server) = TcpStream::connect(&args[1]) else {
            eprintln!("no server at {}", args[1]);
            return ExitCode::from(2);
        };
        let limit = Duration::from_millis(args[2].parse().expect("a number"));
        server.set_read_timeout(Some(limit)).expect("a time limit");
        if let Err(why) = judge(&server, &question) {
            println!("{} bytes: {why}", question.len());
            return ExitCode::from(1);
        }
    }
    ExitCode::SUCCESS
}

fn judge(server: &TcpStream, question: &[u8]) -> Result<(), String> {
    let fd = server.as_raw_fd();
    let mut rest = question;
    while !rest.is_empty() {
        let sent = send(fd, rest, MsgFlags::empty());
        rest = &rest[sent.map_err(|errno| errno.to_string())?..];
    }
    let shut = server.shutdown(Shutdown::Write);
    shut.map_err(|error| error.to_string())?;
    let mut expected = question.iter();
    let mut byte = [0];
    loop {
        match recv(fd, &mut byte, MsgFlags::empty()) {
            Ok(0) if expected.len() == 0 => return Ok(()),
            Ok(0) => return Err(format!("{} are missing", expected.len())),
            Ok(_) if expected.next() == Some(&byte[0]) => {}
            Ok(_) => return Err(format!("a wrong byte, {}", byte[0])),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.to_string()),
        }
    }
}
