//! Wrong: keeps the watcher's number, and not its owner.
//! Fails: the_watcher_is_kept_while_the_talker_talks
//! Told: the watcher
//! Believes: drop-only-frees-memory

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsRawFd, RawFd};
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
    let (_watcher, address) = next_client(&listener)?;
    println!("watcher: {address}");
    let (talker, address) = listener.accept()?;
    println!("talker: {address}");
    io::copy(&mut &talker, &mut &talker)?;
    Ok(())
}

fn next_client(listener: &TcpListener) -> io::Result<(RawFd, SocketAddr)> {
    let (client, address) = listener.accept()?;
    Ok((client.as_raw_fd(), address))
}
