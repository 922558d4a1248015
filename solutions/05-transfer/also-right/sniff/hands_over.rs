//! Right: another program, `cat`, gets descriptor 0 after the peeks.

use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::process::{Command, ExitCode};

use nix::sys::socket::{MsgFlags, recv};
use std::os::fd::AsRawFd;

const BEGINNINGS: [(&[u8], &str); 6] = [
    (b"\x16\x03", "tls"),
    (b"SSH-", "ssh"),
    (b"GET ", "http"),
    (b"PUT ", "http"),
    (b"HEAD ", "http"),
    (b"POST ", "http"),
];

pub fn main() -> ExitCode {
    let input = io::stdin().as_fd().try_clone_to_owned();
    let connection = TcpStream::from(input.expect("a copy of descriptor 0"));
    let told =
        sniff(&connection).and_then(|name| writeln!(&connection, "{name}"));
    match told {
        Ok(()) => {}
        Err(error) => {
            eprintln!("peek: {error}");
            return ExitCode::FAILURE;
        }
    }
    match Command::new("cat").status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn sniff(connection: &TcpStream) -> io::Result<&'static str> {
    // The first byte by std's peek, which waits for one at least.
    let mut buffer = [0; 6];
    let mut count = connection.peek(&mut buffer[..1])?;
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_WAITALL;
    loop {
        if let Some(name) = decide(&buffer[..count]) {
            return Ok(name);
        }
        let more = &mut buffer[..count + 1];
        match recv(connection.as_raw_fd(), more, flags)? {
            same if same == count => return Ok("unknown"),
            one_more => count = one_more,
        }
    }
}

/// None: the next byte is needed.
fn decide(bytes: &[u8]) -> Option<&'static str> {
    for (beginning, name) in BEGINNINGS {
        if bytes.starts_with(beginning) {
            return Some(name);
        }
        if beginning.starts_with(bytes) {
            return None;
        }
    }
    Some("unknown")
}
