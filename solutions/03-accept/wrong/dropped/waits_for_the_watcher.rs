//! Wrong: keeps the watcher until the watcher leaves, for ever if need be.
//! Fails: both_hear_the_end_when_the_talk_is_over
//! Told: the watcher

use std::io::{self, Read};
use std::net::TcpListener;
use std::process::ExitCode;

pub fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let (mut watcher, address) = listener.accept()?;
    println!("watcher: {address}");
    let (talker, address) = listener.accept()?;
    println!("talker: {address}");
    io::copy(&mut &talker, &mut &talker)?;
    drop(talker);
    watcher.read_to_end(&mut Vec::new())?;
    Ok(())
}
