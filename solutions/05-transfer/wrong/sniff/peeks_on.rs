//! Wrong: expects each peek to go on where the last one ended.
//! Fails: each_protocol_is_told_by_its_name, the_whole_stream_comes_out_untouched, bytes_that_come_one_by_one_are_waited_for_asleep, the_verdict_comes_with_the_byte_that_decides
//! Told: the client hears "
//! Believes: peek-waits-for-more

use std::io;
use std::process::ExitCode;

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
    let mut seen = Vec::new();
    let mut byte = [0];
    loop {
        if recv(0, &mut byte, MsgFlags::MSG_PEEK)? == 0 {
            return Ok("unknown");
        }
        seen.push(byte[0]);
        if let Some(name) = decide(&seen) {
            return Ok(name);
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
