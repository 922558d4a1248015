//! Right: a thread sends while the other one reads already.

use std::env;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::thread;

pub fn main() -> ExitCode {
    let address = env::args().nth(1).expect("an address");
    match post(&address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn post(address: &str) -> io::Result<()> {
    let mut server = TcpStream::connect(address)?;
    let mut sending = server.try_clone()?;
    let sender = thread::spawn(move || {
        io::copy(&mut io::stdin(), &mut sending)?;
        sending.shutdown(Shutdown::Write)
    });
    let read = io::copy(&mut server, &mut io::stdout());
    // Either of them may have been told of a reset, and the other one not.
    sender.join().expect("no panic")?;
    read?;
    Ok(())
}
