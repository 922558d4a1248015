//! Wrong: after a short count it sends all of the bytes again.
//! Fails: a_signal_while_it_sends_costs_no_byte
//! Told: they part at byte

use std::env;
use std::io::{self, Read};
use std::net::TcpStream;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::libc::c_int;
use nix::sys::signal::{
    SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction,
};
use nix::sys::socket::send;
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
    answer_signals(SaFlags::SA_RESTART)?;
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes)?;
    let address = env::args().nth(1).unwrap_or_default();
    let connection = TcpStream::connect(address)?;
    let fd = connection.as_raw_fd();
    while send(fd, &bytes, sys::MSG_NOSIGNAL)? < bytes.len() {}
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
