//! Right: never closes the watcher's descriptor; the end of the process does.

use std::io::{self, Write};
use std::net::TcpListener;
use std::os::fd::{IntoRawFd, OwnedFd};
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
    let (watcher, address): (OwnedFd, _) = sys::accept(&listener)?;
    let _number = watcher.into_raw_fd();
    println!("watcher: {address}");
    let (talker, address) = listener.accept()?;
    println!("talker: {address}");
    io::copy(&mut &talker, &mut &talker)?;
    (&talker).flush()
}
