//! Wrong: the name that keeps the watcher lives in a block that ends too early.
//! Fails: the_watcher_is_kept_while_the_talker_talks
//! Told: the watcher
//! Believes: drop-only-frees-memory

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
    let address = {
        let (_watcher, address) = sys::accept(&listener)?;
        address
    };
    println!("watcher: {address}");
    let (talker, address) = listener.accept()?;
    println!("talker: {address}");
    io::copy(&mut &talker, &mut &talker)?;
    Ok(())
}
