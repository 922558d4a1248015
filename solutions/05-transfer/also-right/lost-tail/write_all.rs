//! Right: std's `write_all`, which goes on after short counts and EINTR alike, and a handler without SA_RESTART.

use std::env;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::BorrowedFd;

use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::unistd::write;
use std::process::ExitCode;

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
    answer_signals(SaFlags::empty())?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let address = env::args().nth(1).unwrap_or_default();
    let connection = TcpStream::connect(address)?;
    (&connection).write_all(&bytes)?;
    drop(connection);
    println!("sent {} bytes", bytes.len());
    Ok(())
}

fn answer_signals(flags: SaFlags) -> nix::Result<()> {
    let handler = SigHandler::Handler(on_signal);
    let action = SigAction::new(handler, flags, SigSet::empty());
    // SAFETY: the handler makes one system call, which is signal-safe.
    unsafe { sigaction(Signal::SIGUSR1, &action) }.map(drop)
}

extern "C" fn on_signal(_: c_int) {
    // SAFETY: standard output is open as long as the process is.
    let out = unsafe { BorrowedFd::borrow_raw(1) };
    let _ = write(out, b"still sending\n");
}
