//! Right: std only, two calls of `io::copy`, one of them in a thread.

use std::io;
use std::net::{Shutdown, TcpStream};
use std::process::{ExitCode, exit};
use std::thread;

pub fn main() -> ExitCode {
    let address = std::env::args().nth(1).expect("an address");
    let peer = TcpStream::connect(address).unwrap_or_else(|e| fail(&e));
    let back = peer.try_clone().unwrap_or_else(|e| fail(&e));
    let hearing = thread::spawn(move || {
        if let Err(error) = io::copy(&mut &back, &mut io::stdout()) {
            fail(&error);
        }
    });
    let said = io::copy(&mut io::stdin(), &mut &peer)
        .and_then(|_| peer.shutdown(Shutdown::Write));
    if let Err(error) = said {
        fail(&error);
    }
    hearing.join().expect("no panic");
    ExitCode::SUCCESS
}

fn fail(error: &io::Error) -> ! {
    eprintln!("the conversation broke off: {error}");
    exit(1)
}
