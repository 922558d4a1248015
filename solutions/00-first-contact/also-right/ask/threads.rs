//! Right: one thread sends, another one receives and hands over the pieces.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;

use anyhow::{Result, anyhow};

pub fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let mut receiving = TcpStream::connect(&args[0])?;
    let mut sending = receiving.try_clone()?;
    let word = format!("{}\n", args[1]);
    let sender = thread::spawn(move || sending.write_all(word.as_bytes()));
    let (pieces, all) = mpsc::channel();
    let receiver = thread::spawn(move || -> io::Result<()> {
        loop {
            let mut piece = vec![0; 1000];
            let count = receiving.read(&mut piece)?;
            if count == 0 {
                return Ok(());
            }
            piece.truncate(count);
            let _ = pieces.send(piece);
        }
    });
    for piece in all {
        io::stdout().write_all(&piece)?;
    }
    sender
        .join()
        .map_err(|_| anyhow!("the sender panicked"))??;
    receiver
        .join()
        .map_err(|_| anyhow!("the receiver panicked"))??;
    Ok(())
}
