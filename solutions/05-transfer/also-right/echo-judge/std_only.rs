//! Right: std only, and bytes that no pattern repeats.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

pub fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let mut server = TcpStream::connect(&args[1]).expect("connect");
    let limit = args[2].parse().expect("milliseconds");
    server
        .set_read_timeout(Some(Duration::from_millis(limit)))
        .expect("a time limit");
    match judge(&mut server) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            println!("what came back is not what was sent");
            ExitCode::from(1)
        }
        Err(error) => {
            println!("no echo: {error}");
            ExitCode::from(1)
        }
    }
}

fn judge(server: &mut TcpStream) -> io::Result<bool> {
    let mut state = 1_u32;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 24) as u8
    };
    let mut question: Vec<u8> = (0..30_000).map(|_| random()).collect();
    question.push(b'.');
    server.write_all(&question)?;
    server.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer == question)
}
