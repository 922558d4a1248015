//! Right: one thread sends and another receives, so it may send more.

use std::env;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;
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
    let question: Vec<u8> = (0..200_003_u32).map(|i| i as u8).collect();
    let mut sending = server.try_clone()?;
    let asked = question.clone();
    let sender = thread::spawn(move || {
        sending.write_all(&asked)?;
        sending.shutdown(Shutdown::Write)
    });
    // To the end, even where a byte is wrong: the sender waits for room.
    let mut answer = Vec::new();
    let heard = server.read_to_end(&mut answer);
    if heard.is_err() {
        // Wakes the sender.
        let _ = server.shutdown(Shutdown::Both);
    }
    let sent = sender.join().expect("the sender");
    heard.and(sent)?;
    Ok(answer == question)
}
