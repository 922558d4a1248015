//! Wrong: knows three of the four methods of its table.
//! Fails: each_protocol_is_told_by_its_name
//! Told: the client hears "http

use std::io;
use std::process::ExitCode;

use nix::sys::socket::{MsgFlags, recv, send};

const BEGINNINGS: [(&[u8], &str); 5] = [
    (b"\x16\x03", "tls"),
    (b"SSH-", "ssh"),
    (b"GET ", "http"),
    (b"HEAD ", "http"),
    (b"POST ", "http"),
];

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let name = sniff()?;
    send(0, format!("{name}\n").as_bytes(), MsgFlags::empty())?;
    io::copy(&mut io::stdin(), &mut io::stdout())?;
    Ok(())
}

fn sniff() -> nix::Result<&'static str> {
    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_WAITALL;
    let mut buffer = [0; 5];
    for wanted in 1..=buffer.len() {
        let count = recv(0, &mut buffer[..wanted], flags)?;
        match decide(&buffer[..count]) {
            Some(name) => return Ok(name),
            None if count < wanted => break,
            None => {}
        }
    }
    Ok("unknown")
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
