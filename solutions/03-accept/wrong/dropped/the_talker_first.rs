//! Wrong: takes the watcher behind the talker, and so takes one for the other.
//! Fails: the_talker_gets_its_bytes_back, the_watcher_is_kept_while_the_talker_talks, both_hear_the_end_when_the_talk_is_over
//! Told: watcher:

use std::io;
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
    let (talker, address) = listener.accept()?;
    println!("talker: {address}");
    let (_watcher, address) = listener.accept()?;
    println!("watcher: {address}");
    io::copy(&mut &talker, &mut &talker)?;
    Ok(())
}
