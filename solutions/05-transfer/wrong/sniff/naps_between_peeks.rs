//! Wrong: peeks a thousand times a second until enough is there.
//! Fails: bytes_that_come_one_by_one_are_waited_for_asleep, a_stream_that_ends_undecided_is_unknown
//! Told: awake again and again

use std::io;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::socket::{MsgFlags, recv, send};

const BEGINNINGS: [(&[u8], &str); 6] = [
    (b"\x16\x03", "tls"),
    (b"SSH-", "ssh"),
    (b"GET ", "http"),
    (b"PUT ", "http"),
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
    let mut buffer = [0; 16];
    loop {
        let count = recv(0, &mut buffer, MsgFlags::MSG_PEEK)?;
        if count == 0 {
            return Ok("unknown");
        }
        if let Some(name) = decide(&buffer[..count]) {
            return Ok(name);
        }
        sleep(Duration::from_millis(1));
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
