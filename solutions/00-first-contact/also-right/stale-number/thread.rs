//! Right: a thread owns the sender's connection and waits for its turn.

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;

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
    let args: Vec<String> = env::args().skip(1).collect();
    let sender = TcpStream::connect(&args[0])?;
    let (lines, line) = channel();
    let (delivered, done) = channel::<()>();
    let side = thread::spawn(move || -> io::Result<()> {
        let mut line = String::new();
        BufReader::new(&sender).read_line(&mut line)?;
        let _ = lines.send(line);
        match done.recv() {
            Ok(()) => (&sender).write_all(b"delivered\n"),
            Err(_) => Ok(()),
        }
    });
    let line = line.recv().unwrap_or_default();
    let mut receiver = TcpStream::connect(&args[1])?;
    receiver.write_all(line.as_bytes())?;
    let _ = delivered.send(());
    let told = side.join().expect("it does not panic");
    receiver.read_to_end(&mut Vec::new())?;
    told
}
